/**
 * What happened to one attempt to sign in or to connect, step by step, so that a failed one explains itself. Starting a flow writes nothing to
 * the database, so the steps are kept in the memory of the process that saw them, a bounded number of the latest; of an attempt that failed an
 * event of the audit trail remains, from which another process can tell how far it came.
 */
import type { Intent } from '../../flows/index.js';

/** In their order. */
export const STEPS = ['start', 'redirect', 'callback', 'checks', 'token', 'profile', 'decision'] as const;
export type StepName = (typeof STEPS)[number];

/** Masked before it gets here. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface SeenStep {
  readonly name: StepName;
  readonly state: 'done' | 'failed';
  /** When it ended, ms since the epoch; unknown where only its event is left. */
  readonly at?: number;
  readonly tookMs?: number;
  readonly facts: readonly Fact[];
}

export type ShownStep = SeenStep | { readonly name: StepName; readonly state: 'unseen' | 'not_reached' };

export interface FlowRecord {
  readonly id: string;
  readonly provider: string;
  readonly intent: Intent | undefined;
  /** Of the last request; names the lines in the log. */
  readonly requestId: string | undefined;
  /** ms since the epoch. */
  readonly at: number;
  readonly steps: readonly SeenStep[];
  /** How it ended: the kind of its outcome, or the code of its failure. Undefined while the person is at the provider. */
  readonly outcome: string | undefined;
  readonly failed: boolean;
}

const KEPT_AT_MOST = 100;

export class FlowRecords {
  readonly #records = new Map<string, FlowRecord>();

  /** Adds a step; an attempt that has ended stays as it ended, whatever else arrives under its name. */
  add(id: string, about: Omit<FlowRecord, 'id' | 'steps' | 'outcome' | 'failed'>, step: SeenStep): void {
    const known = this.#records.get(id);
    if (known?.outcome !== undefined) return;
    const { provider, intent = known?.intent, requestId, at } = about;
    const record = { id, provider, intent, requestId, at: known?.at ?? at, steps: [...(known?.steps ?? []), step] };
    const failed = step.state === 'failed';
    this.#records.set(id, { ...record, outcome: undefined, failed });
    const [eldest] = this.#records.keys();
    if (this.#records.size > KEPT_AT_MOST && eldest !== undefined) this.#records.delete(eldest);
  }

  end(id: string, outcome: string): void {
    const known = this.#records.get(id);
    if (known && known.outcome === undefined) this.#records.set(id, { ...known, outcome });
  }

  has(id: string): boolean {
    return this.#records.has(id);
  }

  get(id: string): FlowRecord | undefined {
    return this.#records.get(id);
  }

  /** Newest first. */
  list(): readonly FlowRecord[] {
    return [...this.#records.values()].reverse();
  }
}

/** All steps: those that were seen, those that another process must have seen, and those that were never reached. */
export function shownSteps({ steps, outcome }: Pick<FlowRecord, 'steps' | 'outcome'>): readonly ShownStep[] {
  const last = steps.reduce((latest, { name }) => Math.max(latest, STEPS.indexOf(name)), -1);
  return STEPS.flatMap((name, index): readonly ShownStep[] => {
    const seen = steps.find((step) => step.name === name);
    if (seen) return [seen];
    if (index < last) return [{ name, state: 'unseen' }];
    // Nobody can say what comes while the person is still at the provider.
    return outcome === undefined ? [] : [{ name, state: 'not_reached' }];
  });
}
