/** Temporary credentials and nonces (RFC 5849 sections 2.1 and 3.3): short-lived, single use, kept as digests only. */
import { digest } from '../grants.js';
import type { Change, Journal, Table } from '../store/journal.js';

export interface TemporaryCredentials {
  readonly provider: string;
  /** Where the person is sent afterwards, or `oob`. */
  readonly callback: string;
  readonly expiresAt: number;
  /** Set once the person agreed. */
  readonly authorized: Authorization | null;
}

export interface Authorization {
  readonly subject: string;
  readonly elsewhere: Readonly<Record<string, string>>;
  readonly verifierDigest: string;
  readonly at: number;
}

const lifeMs = 600_000;

export class TemporaryCredentialStore {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #credentials: Table<TemporaryCredentials>;
  readonly #nonces: Table<number>;

  constructor(journal: Journal, now: () => number) {
    this.#journal = journal;
    this.#now = now;
    this.#credentials = journal.table<TemporaryCredentials>('temporary', (row) => now() < row.expiresAt);
    this.#nonces = journal.table<number>('nonce', (expiresAt) => now() < expiresAt);
  }

  issue(token: string, provider: string, callback: string): void {
    const row: TemporaryCredentials = { provider, callback, expiresAt: this.#now() + lifeMs, authorized: null };
    this.#journal.commit([this.#credentials.put(digest(token), row)]);
  }

  /** Undefined when unknown, spent or older than ten minutes. */
  find(token: string): TemporaryCredentials | undefined {
    const row = this.#credentials.get(digest(token));
    return row && this.#now() < row.expiresAt ? row : undefined;
  }

  /** Agreeing twice (a double click) replaces the verifier; only the last one works. */
  authorize(
    token: string,
    row: TemporaryCredentials,
    by: Omit<Authorization, 'at' | 'verifierDigest'>,
    verifier: string,
  ): void {
    const authorized = { ...by, verifierDigest: digest(verifier), at: this.#now() };
    this.#journal.commit([this.#credentials.put(digest(token), { ...row, authorized })]);
  }

  /** After a denial, or as part of the exchange, the credentials are gone. */
  removal(token: string): Change {
    return this.#credentials.remove(digest(token));
  }

  remove(token: string): void {
    this.#journal.commit([this.removal(token)]);
  }

  /** @returns false when this nonce was used before */
  claimNonce(key: string, expiresAt: number): boolean {
    const name = digest(key);
    const known = this.#nonces.get(name);
    if (known !== undefined && this.#now() < known) return false;
    this.#journal.commit([this.#nonces.put(name, expiresAt)]);
    return true;
  }

  /** The person withdraws consent: what was not exchanged yet is worth nothing any more. */
  withdraw(provider: string, subject: string): void {
    const changes: Change[] = [];
    for (const [key, row] of this.#credentials.entries()) {
      if (row.provider === provider && row.authorized?.subject === subject) {
        changes.push(this.#credentials.remove(key));
      }
    }
    if (changes.length > 0) this.#journal.commit(changes);
  }
}
