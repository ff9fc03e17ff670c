/** How a connection is doing, in words. */
import type { ShownStatus } from '../../connections/index.js';

export interface StatusFacts {
  /** The provider's name as people know it. */
  readonly provider: string;
  /** When we try again by ourselves, as people read a time. */
  readonly retryAt?: string | undefined;
}

/** One line for the status; with nothing known about the connection, the line that fits any of them. */
export function statusText(status: ShownStatus, { provider, retryAt }: Partial<StatusFacts> = {}): string {
  switch (status) {
    case 'active':
      return 'Working';
    case 'retrying':
      if (provider === undefined) return 'Having trouble, we keep trying';
      return `${provider} is having trouble, we ${retryAt ? `retry at ${retryAt}` : 'keep trying'}`;
    case 'reconnect_required':
      return 'Needs you: reconnect';
    case 'misconfigured':
      return 'Waiting for this site’s operator';
  }
}

/** Why a connection needs its person, or is in trouble. */
export function reasonText(reason: string | null): string {
  switch (reason) {
    case 'invalid_grant':
      return 'Access was withdrawn there, or has run out.';
    case 'interrupted':
      return 'Renewing the access was interrupted and the answer was lost.';
    case 'expired':
      return 'The access has run out and cannot be renewed.';
    case 'provider_shut':
      return 'This service has ended. Nothing more is fetched from it.';
    case 'refused':
      return 'The provider does not accept our access any more: it was withdrawn there, or has run out.';
    case 'other_account':
      return 'The provider answered for another account than the one you connected.';
    case 'unreadable':
      return 'The stored access can no longer be read.';
    case 'no_answer':
      return 'The provider did not answer.';
    case 'oauth2_server_error':
      return 'The provider reported an error of its own.';
    case 'oauth2_rate_limited':
      return 'The provider asks us to slow down.';
    case 'oauth2_request_failed':
      return 'The provider could not be reached.';
    default:
      return 'The provider did not accept our last request.';
  }
}

/**
 * What was wrong when a page called the provider just now.
 * @param code what the failed call was marked with: `status_503`, or the code of its error; `vault_key_unknown` when it was not even made
 * @param until when it may be called again, as people read a time, where it said so
 */
export function troubleText(code: string, until?: string): string {
  const status = /^status_(\d{3})$/.exec(code)?.[1];
  if (status === '429' || code === 'rate_limited') {
    return `It asks us to slow down ${until === undefined ? 'for a while' : `until ${until}`}.`;
  }
  if (status !== undefined) return `It answered with status ${status}.`;
  if (code === 'vault_key_unknown') {
    return 'A key is missing on this site, so the stored access cannot be opened. The connection is kept, and works again once the operator of this site has added the key back to VAULT_KEYS; “latchkey vault status” names it.';
  }
  if (code === 'nonsense') return 'Its answer could not be read.';
  if (/timeout|timed_out/.test(code)) return 'It did not answer in time.';
  return 'It could not be reached, or broke off.';
}
