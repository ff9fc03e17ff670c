/** The words in which the pages about providers say what definitions say in data. */
import type { ProviderDefinition } from '../../src/providers/index.js';

export const NOTE = 'Written by `npx tsx scripts/provider-pages.ts` from the definition; change that, not this page.';

export const PROTOCOLS: Readonly<Record<ProviderDefinition['protocol'], string>> = {
  oauth1: 'OAuth 1.0a',
  oauth2: 'OAuth 2',
  oidc: 'OpenID Connect',
};

export function stateOf({ status }: ProviderDefinition): string {
  switch (status?.state) {
    case 'shut':
      return status.sunset ? `shut since ${status.sunset}` : 'shut';
    case 'restricted':
      return status.sunset ? `restricted, ends ${status.sunset}` : 'restricted';
    default:
      return status?.sunset ? `usable, ends ${status.sunset}` : 'usable';
  }
}

export function mayEndOf({ refresh, protocol }: ProviderDefinition): string {
  if (protocol === 'oauth1') return 'OAuth 1 tokens last until they are withdrawn.';
  const { mode = 'static', lifetimeDays, inactivityDays, graceSeconds } = refresh ?? {};
  if (mode === 'none') return 'There is no refresh token.';
  return [
    mode === 'rotating' ? 'Each refresh brings a new refresh token.' : 'The refresh token stays the same.',
    lifetimeDays ? `It dies ${lifetimeDays} days after the consent.` : '',
    inactivityDays ? `It dies after ${inactivityDays} days without use.` : '',
    graceSeconds ? `A spent one is honoured for ${duration(graceSeconds)} more.` : '',
  ]
    .filter((text) => text !== '')
    .join(' ');
}

export function duration(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const;
  for (const [name, size] of units) {
    const count = seconds / size;
    if (count >= 1 && Number.isInteger(count)) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return `${seconds} seconds`;
}

export function variablesOf({ id }: ProviderDefinition): string {
  const prefix = id.toUpperCase().replaceAll('-', '_');
  return `\`${prefix}_CLIENT_ID\`, \`${prefix}_CLIENT_SECRET\``;
}

/** For a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function code(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.map((value) => `\`${value}\``).join(' ');
}
