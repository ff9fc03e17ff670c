/** Device authorizations that wait for their person (RFC 8628 section 3.2): short-lived, single use, kept as digests only. */
import { digest } from '../grants.js';
import type { Change, Journal, Table } from '../store/journal.js';

export interface DeviceCode {
  readonly provider: string;
  readonly scopes: readonly string[];
  readonly userCodeDigest: string;
  readonly expiresAt: number;
  readonly decision: Decision | null;
}

export type Decision =
  | { readonly allowed: false }
  | {
      readonly allowed: true;
      readonly subject: string;
      readonly elsewhere: Readonly<Record<string, string>>;
      readonly at: number;
    };

export const DEVICE_CODE_LIFE_SECONDS = 600;
/** Short, because nobody here has to be protected from a program that asks too often. */
export const POLL_SECONDS = 1;
/** Without vowels and look-alikes (section 6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';

export class DeviceCodes {
  readonly #journal: Journal;
  readonly #random: (size: number) => Buffer;
  readonly #now: () => number;
  readonly #codes: Table<DeviceCode>;
  /** When each was asked about within the last moment, in this order; a restarted sandbox is patient with everybody. */
  readonly #askedAt = new Map<string, number>();

  constructor(journal: Journal, random: (size: number) => Buffer, now: () => number) {
    this.#journal = journal;
    this.#random = random;
    this.#now = now;
    this.#codes = journal.table<DeviceCode>('device', (row) => now() < row.expiresAt);
  }

  issue(
    provider: string,
    scopes: readonly string[],
    decision: Decision | null,
  ): { deviceCode: string; userCode: string } {
    const deviceCode = `sbx_device_${this.#random(32).toString('base64url')}`;
    const letters = [...this.#random(8)].map((byte) => LETTERS[byte % LETTERS.length] ?? '').join('');
    const userCode = `${letters.slice(0, 4)}-${letters.slice(4)}`;
    const expiresAt = this.#now() + DEVICE_CODE_LIFE_SECONDS * 1000;
    const row: DeviceCode = { provider, scopes, userCodeDigest: digest(normalised(userCode)), expiresAt, decision };
    this.#journal.commit([this.#codes.put(digest(deviceCode), row)]);
    return { deviceCode, userCode };
  }

  find(deviceCode: string): DeviceCode | undefined {
    return this.#codes.get(digest(deviceCode));
  }

  /** What somebody typed; undefined when it is unknown, decided or too old. */
  findByUserCode(userCode: string): DeviceCode | undefined {
    const wanted = digest(normalised(userCode));
    for (const [, row] of this.#codes.entries()) if (row.userCodeDigest === wanted && this.#isOpen(row)) return row;
    return undefined;
  }

  decide(userCode: string, decision: Decision): void {
    const wanted = digest(normalised(userCode));
    for (const [key, row] of this.#codes.entries()) {
      if (row.userCodeDigest !== wanted || !this.#isOpen(row)) continue;
      this.#journal.commit([this.#codes.put(key, { ...row, decision })]);
      return;
    }
  }

  /** Section 3.5. @returns true when the program did not wait as long as it was told to */
  asksTooSoon(deviceCode: string): boolean {
    const key = digest(deviceCode);
    const now = this.#now();
    // Clocks and timers of two processes differ by a little.
    const longAgo = now - POLL_SECONDS * 900;
    // Who asked longest ago comes first. Codes that nobody asks about any more leave nothing behind.
    for (const [asked, at] of this.#askedAt) {
      if (at > longAgo) break;
      this.#askedAt.delete(asked);
    }
    const tooSoon = this.#askedAt.delete(key);
    this.#askedAt.set(key, now);
    return tooSoon;
  }

  /** Part of the commit that issues the tokens. */
  removal(deviceCode: string): Change {
    this.#askedAt.delete(digest(deviceCode));
    return this.#codes.remove(digest(deviceCode));
  }

  #isOpen(row: DeviceCode): boolean {
    return row.decision === null && this.#now() < row.expiresAt;
  }
}

/** People leave out the hyphen and type small letters. */
function normalised(userCode: string): string {
  return userCode.toUpperCase().replaceAll(/[^A-Z]/g, '');
}
