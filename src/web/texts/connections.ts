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
    case 'unreadable':
      return 'The stored access can no longer be read.';
    case 'no_answer':
      return 'The provider did not answer.';
    default:
      return 'The provider did not accept our last request.';
  }
}

/**
 * What was wrong when a page called the provider just now.
 * @param code what the failed call was marked with: `status_503`, or the code of its error
 */
export function troubleText(code: string): string {
  const status = /^status_(\d{3})$/.exec(code)?.[1];
  if (status === '429' || code === 'rate_limited') return 'It asks us to slow down for a while.';
  if (status !== undefined) return `It answered with status ${status}.`;
  if (code === 'nonsense') return 'Its answer could not be read.';
  if (/timeout|timed_out/.test(code)) return 'It did not answer in time.';
  return 'It could not be reached, or broke off.';
}
