/** What people granted, and the codes and tokens that stand for it. Only digests are kept: the store cannot leak a token. */
import { createHash } from 'node:crypto';
import type { Change, Journal, Table } from './store/journal.js';

/** One person's consent to one client. Everything issued from it dies with it. */
export interface Grant {
  readonly provider: string;
  readonly subject: string;
  readonly elsewhere: Readonly<Record<string, string>>;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970, as all times here. */
  readonly authorizedAt: number;
}

export interface Code {
  readonly provider: string;
  readonly subject: string;
  readonly elsewhere: Readonly<Record<string, string>>;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  /** PKCE S256 challenge (RFC 7636 section 4.2). */
  readonly challenge: string | null;
  readonly nonce: string | null;
  readonly withRefreshToken: boolean;
  readonly authorizedAt: number;
  readonly expiresAt: number;
  /** Set once redeemed: what a second redemption takes down. */
  readonly redeemedFor: string | null;
}

export interface AccessToken {
  readonly grant: string;
  readonly scopes: readonly string[];
  /** `null` for tokens that do not expire. */
  readonly expiresAt: number | null;
}

export interface RefreshToken {
  readonly grant: string;
  /** When it was exchanged for its successor. */
  readonly rotatedAt: number | null;
}

export interface Found<Token> {
  readonly token: Token;
  readonly grantId: string;
  readonly grant: Grant;
}

const codeLifeMs = 60_000;
/** Redeemed codes are remembered this long, so that a late second redemption still counts as one. */
const redeemedCodeMemoryMs = 86_400_000;

export class Grants {
  readonly #journal: Journal;
  readonly #random: (size: number) => Buffer;
  readonly #now: () => number;
  readonly #grants: Table<Grant>;
  readonly #codes: Table<Code>;
  readonly #access: Table<AccessToken>;
  readonly #refresh: Table<RefreshToken>;

  constructor(journal: Journal, random: (size: number) => Buffer, now: () => number) {
    this.#journal = journal;
    this.#random = random;
    this.#now = now;
    this.#grants = journal.table<Grant>('grant', () => true);
    const lives = (token: { grant: string }) => this.#grants.get(token.grant) !== undefined;
    this.#codes = journal.table<Code>('code', (code) => now() < code.expiresAt + redeemedCodeMemoryMs);
    this.#access = journal.table<AccessToken>('access', (token) => lives(token) && !hasPassed(token.expiresAt, now()));
    this.#refresh = journal.table<RefreshToken>('refresh', lives);
  }

  /** @returns the authorization code */
  issueCode(details: Omit<Code, 'authorizedAt' | 'expiresAt' | 'redeemedFor'>): string {
    const code = this.newSecret('code');
    const now = this.#now();
    const row: Code = { ...details, authorizedAt: now, expiresAt: now + codeLifeMs, redeemedFor: null };
    this.#journal.commit([this.#codes.put(digest(code), row)]);
    return code;
  }

  findCode(code: string): Code | undefined {
    return this.#codes.get(digest(code));
  }

  /** Spends the code and creates its grant, with the tokens, in one commit. */
  redeem(code: string, details: Code, tokens: { accessTtlMs: number | null }): IssuedTokens {
    const grantId = this.#random(16).toString('hex');
    const { provider, subject, elsewhere, scopes, authorizedAt } = details;
    const changes: Change[] = [
      this.#grants.put(grantId, { provider, subject, elsewhere, scopes, authorizedAt }),
      this.#codes.put(digest(code), { ...details, redeemedFor: grantId }),
    ];
    const access = this.#newAccessToken(changes, grantId, scopes, tokens.accessTtlMs);
    const refresh = details.withRefreshToken ? this.#newRefreshToken(changes, grantId) : undefined;
    this.#journal.commit(changes);
    return { access, ...(refresh === undefined ? {} : { refresh }) };
  }

  /** A grant that needed no code; `also` becomes part of the same commit. */
  issueFresh(
    grant: Grant,
    tokens: { accessTtlMs: number | null; withRefreshToken: boolean },
    also: readonly Change[],
  ): IssuedTokens {
    const grantId = this.#random(16).toString('hex');
    const changes: Change[] = [...also, this.#grants.put(grantId, grant)];
    const access = this.#newAccessToken(changes, grantId, grant.scopes, tokens.accessTtlMs);
    const refresh = tokens.withRefreshToken ? this.#newRefreshToken(changes, grantId) : undefined;
    this.#journal.commit(changes);
    return { access, ...(refresh === undefined ? {} : { refresh }) };
  }

  /** A grant without expiry, as OAuth 1 gives it; `also` becomes part of the same commit. */
  issueLasting(grant: Grant, also: readonly Change[]): string {
    const grantId = this.#random(16).toString('hex');
    const changes: Change[] = [...also, this.#grants.put(grantId, grant)];
    const access = this.#newAccessToken(changes, grantId, grant.scopes, null);
    this.#journal.commit(changes);
    return access;
  }

  /** A fresh access token; with `rotate` a fresh refresh token too, and the used one is spent. */
  refresh(
    used: string,
    found: Found<RefreshToken>,
    request: { scopes: readonly string[]; accessTtlMs: number | null; rotate: boolean },
  ): IssuedTokens {
    const changes: Change[] = [];
    const access = this.#newAccessToken(changes, found.grantId, request.scopes, request.accessTtlMs);
    let refresh: string | undefined;
    if (request.rotate) {
      refresh = this.#newRefreshToken(changes, found.grantId);
      // A token that is used again within its grace stays spent since its first use.
      const rotatedAt = found.token.rotatedAt ?? this.#now();
      changes.push(this.#refresh.put(digest(used), { grant: found.grantId, rotatedAt }));
    }
    this.#journal.commit(changes);
    return { access, ...(refresh === undefined ? {} : { refresh }) };
  }

  findAccess(token: string): Found<AccessToken> | undefined {
    return this.#found(this.#access.get(digest(token)));
  }

  findRefresh(token: string): Found<RefreshToken> | undefined {
    return this.#found(this.#refresh.get(digest(token)));
  }

  isExpired(token: AccessToken): boolean {
    return hasPassed(token.expiresAt, this.#now());
  }

  /** Whether this person has granted this client something before. */
  hasGrant(provider: string, subject: string): boolean {
    for (const [, grant] of this.#grants.entries()) {
      if (grant.provider === provider && grant.subject === subject) return true;
    }
    return false;
  }

  /** Ends a grant and with it every token issued from it. */
  end(grantId: string): void {
    this.#journal.commit([this.#grants.remove(grantId)]);
  }

  /** The person withdraws consent: every grant ends, and codes under way are worth nothing any more. */
  withdraw(provider: string, subject: string): number {
    const isTheirs = (row: { provider: string; subject: string }) =>
      row.provider === provider && row.subject === subject;
    const changes: Change[] = [];
    for (const [id, grant] of this.#grants.entries()) if (isTheirs(grant)) changes.push(this.#grants.remove(id));
    const ended = changes.length;
    for (const [id, code] of this.#codes.entries()) if (isTheirs(code)) changes.push(this.#codes.remove(id));
    if (changes.length > 0) this.#journal.commit(changes);
    return ended;
  }

  /** 256 random bits behind a word that tells what it is, and that a search through logs would find. */
  newSecret(kind: string): string {
    return `sbx_${kind}_${this.#random(32).toString('base64url')}`;
  }

  #newAccessToken(changes: Change[], grant: string, scopes: readonly string[], ttlMs: number | null): string {
    const token = this.newSecret('at');
    const expiresAt = ttlMs === null ? null : this.#now() + ttlMs;
    changes.push(this.#access.put(digest(token), { grant, scopes, expiresAt }));
    return token;
  }

  #newRefreshToken(changes: Change[], grant: string): string {
    const token = this.newSecret('rt');
    changes.push(this.#refresh.put(digest(token), { grant, rotatedAt: null }));
    return token;
  }

  #found<Token extends { grant: string }>(token: Token | undefined): Found<Token> | undefined {
    const grant = token && this.#grants.get(token.grant);
    return token && grant ? { token, grantId: token.grant, grant } : undefined;
  }
}

export interface IssuedTokens {
  readonly access: string;
  readonly refresh?: string;
}

/** Beside the account ids at related services: the host at which the person consented, where a definition has many. */
const instanceKey = '@instance';

export function atInstance(
  elsewhere: Readonly<Record<string, string>>,
  instance: string | undefined,
): Readonly<Record<string, string>> {
  return instance === undefined ? elsewhere : { ...elsewhere, [instanceKey]: instance };
}

/** What was granted at one host is worth nothing at another. */
export function isHere(grant: Pick<Grant, 'elsewhere'>, instance: string | undefined): boolean {
  return grant.elsewhere[instanceKey] === instance;
}

/** How tokens are kept: 256 random bits need no salt. */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function hasPassed(time: number | null, now: number): boolean {
  return time !== null && now >= time;
}
