/** Tells the provider's trouble, which a page shows, from faults of our own, which only an operator can mend and therefore has to hear of. */
import type { Request } from 'express';
import { ReconnectRequired, RefreshPostponed } from '../connections/index.js';
import { VaultError } from '../vault/index.js';
import type { Log } from './log.js';

/** Code of a connection whose sealing key is not in `VAULT_KEYS`: our fault, and still no reason to withhold the page about it. */
export const KEY_MISSING = 'vault_key_unknown';

const TROUBLE =
  /^(?:http|oauth1|oauth2|oidc)_|^(?:rate_limited|not_connected|provider_misconfigured|provider_not_configured)$/;

/** @returns the code of what the provider did or the connection lacks; undefined for what is a fault of ours, or of our database */
export function troubleOf(error: unknown): string | undefined {
  if (error instanceof ReconnectRequired || error instanceof RefreshPostponed) return error.code;
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const code: unknown = 'code' in current ? current.code : undefined;
    if (typeof code === 'string' && TROUBLE.test(code)) return code;
    current = current.cause;
  }
  return undefined;
}

/**
 * For pages that are answered whatever the provider does.
 * @returns a code for `troubleText`; of a missing key, the log hears as well
 * @throws the error itself when it is another fault of ours
 */
export function shownTrouble(log: Log, req: Request, error: unknown): string {
  if (error instanceof VaultError && error.code === KEY_MISSING) {
    log.failed(req, KEY_MISSING, error);
    return KEY_MISSING;
  }
  const code = troubleOf(error);
  if (code === undefined) throw error;
  return code;
}
