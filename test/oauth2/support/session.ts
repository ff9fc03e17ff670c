/** A session with fixed clock and counted randomness, so that every request it makes is the same each time. */
import { types } from 'node:util';
import { type Fetch, OAuth2Session, type OAuth2SessionOptions } from '../../../src/oauth2/index.js';

/** 2026-01-01T00:00:00Z. */
export const NOW = Date.UTC(2026, 0, 1);

export const ENDPOINTS = {
  authorize: 'https://provider.test/authorize',
  token: 'https://provider.test/token',
  revoke: 'https://provider.test/revoke',
  introspect: 'https://provider.test/introspect',
  userinfo: 'https://provider.test/userinfo',
};

export const SECRET = 'CANARY-SECRET-9d1';

/** Bytes that differ from call to call and never from run to run. */
export function countedRandom(): (length: number) => Uint8Array {
  let count = 0;
  return (length) => {
    count += 1;
    return new Uint8Array(length).fill(count);
  };
}

export function makeSession(fetch: Fetch, options: Partial<OAuth2SessionOptions> = {}): OAuth2Session {
  return new OAuth2Session({
    clientId: 'client-1',
    clientSecret: SECRET,
    clientAuth: 'basic',
    endpoints: ENDPOINTS,
    allowedOrigins: ['https://provider.test', 'https://api.provider.test'],
    now: () => NOW,
    randomBytes: countedRandom(),
    fetch,
    ...options,
  });
}

/** The error that a promise or function ends with. */
export async function failureOf(run: () => unknown): Promise<Error & { code?: string }> {
  try {
    await run();
  } catch (error) {
    // Not instanceof: Node's own modules live outside Jest's realm.
    if (types.isNativeError(error)) return error;
    throw new TypeError('something other than an error was thrown', { cause: error });
  }
  throw new TypeError('nothing was thrown');
}
