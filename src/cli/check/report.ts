/** What a check of a provider found out: dated, and without anything secret or anybody's name, so that it can be shown around. */

export type StepName = 'connect' | 'profile' | 'call' | 'refresh' | 'call after refresh' | 'revoke';

export interface CheckStep {
  readonly step: StepName;
  /** `skipped`: the definition has nothing to try here. */
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
  readonly tookMs: number;
}

export interface CheckReport {
  readonly provider: string;
  /** ISO 8601. */
  readonly checkedAt: string;
  /** Whether the stand-in answered instead of the provider itself. */
  readonly sandbox: boolean;
  readonly passed: boolean;
  readonly steps: readonly CheckStep[];
}

/** `google-health-2026-11-21.json`, with the side it is about. */
export function reportName({ provider, checkedAt, sandbox }: CheckReport): string {
  return `${provider}${sandbox ? '-sandbox' : ''}-${checkedAt.slice(0, 10)}.json`;
}
