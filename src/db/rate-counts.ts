/**
 * Counters for rate limits (sec-P1). A request is counted in memory and costs no query. What comes near its limit is added, in batches, to a
 * small table, and the answer tells what the other processes counted, so that a limit holds across instances and restarts. While the
 * database is away each process goes on with what it knows (sec-P3). Structural: express-rate-limit declares the interface of a store.
 */
import { createHash } from 'node:crypto';
import type { PrismaClient } from './generated/client.js';

export interface RateCountsOptions {
  readonly prisma: PrismaClient;
  /** Told when merging fails, once until it works again. */
  readonly onFailure: (error: unknown) => void;
  readonly mergeEveryMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface RateRule {
  /** Tells the counters of one limit from those of another. */
  readonly name: string;
  readonly limit: number;
  /** Windows begin at multiples of this since the epoch, so that all processes mean the same one. */
  readonly windowMs: number;
}

export interface RateCount {
  readonly totalHits: number;
  readonly resetTime: Date;
}

/** One limit's counters. */
export interface RateCounter {
  increment(key: string): RateCount;
  decrement(key: string): void;
  resetKey(key: string): void;
}

interface Entry {
  readonly rule: RateRule;
  readonly key: string;
  readonly windowEnd: number;
  /** What all processes had counted when this one last asked. */
  merged: number;
  /** What this process has counted since. */
  pending: number;
}

/** Whoever is below this share of a limit is nobody's concern: their count stays in memory, and the table stays small. */
const SHARED_FROM = 0.1;
/** An attacker with many addresses must not fill the memory: the oldest counters go first. */
const MAX_ENTRIES = 50_000;
const BATCH = 1_000;

export class RateCounts {
  readonly #options: RateCountsOptions;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  #timer: NodeJS.Timeout | undefined;
  #merging: Promise<void> | undefined;
  #failing = false;

  constructor(options: RateCountsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  counter(rule: RateRule): RateCounter {
    return {
      increment: (key) => this.#increment(rule, key),
      decrement: (key) => {
        const entry = this.#entryOf(rule, key);
        entry.pending = Math.max(entry.pending - 1, -entry.merged);
      },
      resetKey: (key) => void this.#entries.delete(nameOf(rule, key)),
    };
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.#forgetOver();
      void this.merge();
    }, this.#options.mergeEveryMs ?? 1_000);
    this.#timer.unref();
  }

  /** Hands over what is not merged yet, so that a restart does not forget it. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#merging;
    await this.merge();
  }

  /** Adds what was counted here to what was counted everywhere; never rejects. Calls meanwhile share the one under way. */
  merge(): Promise<void> {
    this.#merging ??= this.#mergeAll().finally(() => {
      this.#merging = undefined;
    });
    return this.#merging;
  }

  #increment(rule: RateRule, key: string): RateCount {
    const entry = this.#entryOf(rule, key);
    entry.pending++;
    // A flood is told to the others at once, not at the next beat.
    if (entry.pending >= rule.limit * SHARED_FROM && isWorthMerging(entry)) void this.merge();
    return { totalHits: entry.merged + entry.pending, resetTime: new Date(entry.windowEnd) };
  }

  #entryOf(rule: RateRule, key: string): Entry {
    const name = nameOf(rule, key);
    const now = this.#now();
    const known = this.#entries.get(name);
    if (known && known.windowEnd > now) return known;
    this.#entries.delete(name);
    if (this.#entries.size >= MAX_ENTRIES) this.#makeRoom();
    const windowEnd = now - (now % rule.windowMs) + rule.windowMs;
    const entry: Entry = { rule, key, windowEnd, merged: 0, pending: 0 };
    this.#entries.set(name, entry);
    return entry;
  }

  #forgetOver(): void {
    const now = this.#now();
    for (const [name, { windowEnd }] of this.#entries) if (windowEnd <= now) this.#entries.delete(name);
  }

  #makeRoom(): void {
    this.#forgetOver();
    for (const name of this.#entries.keys()) {
      if (this.#entries.size < MAX_ENTRIES) return;
      this.#entries.delete(name);
    }
  }

  async #mergeAll(): Promise<void> {
    const due = [...this.#entries.values()].filter(isWorthMerging);
    try {
      for (let from = 0; from < due.length; from += BATCH) await this.#mergeBatch(due.slice(from, from + BATCH));
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.onFailure(error);
      this.#failing = true;
    }
  }

  async #mergeBatch(entries: readonly Entry[]): Promise<void> {
    const rows = new Map(entries.map((entry) => [rowIdOf(entry), { entry, sent: entry.pending }]));
    const ids = [...rows.keys()];
    const counts = [...rows.values()].map(({ sent }) => sent);
    const ends = [...rows.values()].map(({ entry }) => new Date(entry.windowEnd).toISOString());
    // In the order of their ids, so that two processes never wait for each other's rows crosswise.
    const totals = await this.#options.prisma.$queryRaw<{ id: string; count: number }[]>`
      INSERT INTO "RateCount" ("id", "count", "expiresAt")
      SELECT * FROM unnest(${ids}::text[], ${counts}::int[], ${ends}::timestamptz[]) AS given (id, count, ends) ORDER BY id
      ON CONFLICT ("id") DO UPDATE SET "count" = "RateCount"."count" + EXCLUDED."count"
      RETURNING "id", "count"`;
    for (const { id, count } of totals) {
      const row = rows.get(id);
      if (!row) continue;
      row.entry.merged = count;
      row.entry.pending -= row.sent;
    }
  }
}

/** Near its limit and not yet known to be beyond it: once everybody knows, a flood writes nothing any more. */
function isWorthMerging({ rule, merged, pending }: Entry): boolean {
  return pending !== 0 && merged + pending >= rule.limit * SHARED_FROM && merged <= rule.limit;
}

function nameOf(rule: RateRule, key: string): string {
  return `${rule.name}\n${key}`;
}

/** A hash, so that the table names no address. */
function rowIdOf({ rule, key, windowEnd }: Entry): string {
  return createHash('sha256')
    .update(`${nameOf(rule, key)}\n${windowEnd}`)
    .digest('base64url');
}
