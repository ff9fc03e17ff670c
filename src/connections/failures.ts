/** Why a call on somebody's behalf cannot be made. Each has a stable `code`; none carries a secret. */

export class NotConnected extends Error {
  readonly code = 'not_connected';

  constructor(provider: string) {
    super(`This person has not connected ${provider}.`);
    this.name = 'NotConnected';
  }
}

/** Several accounts of one provider are connected and the caller did not choose. */
export class SeveralConnections extends Error {
  readonly code = 'several_connections';
  readonly connections: readonly { readonly id: string; readonly label: string }[];

  constructor(provider: string, connections: readonly { id: string; label: string }[]) {
    const named = connections.map(({ id, label }) => `${label} (${id})`).join(', ');
    super(`This person has connected several ${provider} accounts: ${named}. Choose one with { connection: id }.`);
    this.name = 'SeveralConnections';
    this.connections = connections;
  }
}

/** The grant is dead, or cannot be read; the person has to connect again. */
export class ReconnectRequired extends Error {
  readonly code = 'reconnect_required';
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`The connection needs its person to connect again (${reason}).`, options);
    this.name = 'ReconnectRequired';
    this.reason = reason;
  }
}

/**
 * - `failed`: this connection's own last try
 * - `provider_away`: the provider's token endpoint gives nobody an answer, and one request at a time finds out when it does again
 * - `busy`: too many tokens of this provider are being renewed at once
 * - `being_renewed`: another process is at it and has not finished
 */
export type PostponedBecause = 'failed' | 'provider_away' | 'busy' | 'being_renewed';

const POSTPONED: Readonly<Record<PostponedBecause, string>> = {
  failed: 'The access token could not be renewed yet; it will be tried again.',
  provider_away: 'The provider renews no access tokens at the moment; it will be tried again.',
  busy: 'Too many access tokens of this provider are being renewed at once; it will be tried again.',
  being_renewed: 'The access token is still being renewed.',
};

/** The access token has expired and cannot be renewed right now; the connection heals by itself. */
export class RefreshPostponed extends Error {
  readonly code = 'refresh_postponed';
  /** When the next try is due, if that is known. */
  readonly retryAt: Date | undefined;
  readonly because: PostponedBecause;

  constructor(retryAt: Date | undefined, options: ErrorOptions & { readonly because?: PostponedBecause } = {}) {
    const { because = 'failed', ...rest } = options;
    super(POSTPONED[because], rest);
    this.name = 'RefreshPostponed';
    this.retryAt = retryAt;
    this.because = because;
  }
}

/** The provider refuses our client: an operator has to look at its id and secret. */
export class ProviderMisconfigured extends Error {
  readonly code = 'provider_misconfigured';

  constructor(provider: string, options?: ErrorOptions) {
    super(`${provider} refuses this installation's client id or secret. An operator has to correct them.`, options);
    this.name = 'ProviderMisconfigured';
  }
}

/** The provider asked to be left alone for a while (429, or 503 with Retry-After), so the call was not made. */
export class RateLimited extends Error {
  readonly code = 'rate_limited';
  /** From when on calls are made again. */
  readonly retryAt: Date;

  constructor(provider: string, retryAt: Date) {
    super(`${provider} asked for no more calls before ${retryAt.toISOString()}, so this one was not made.`);
    this.name = 'RateLimited';
    this.retryAt = retryAt;
  }
}

/** The provider of a stored connection is not set up here any more (or only on the other side of the sandbox's fence). */
export class ProviderNotConfigured extends Error {
  readonly code = 'provider_not_configured';

  constructor(provider: string) {
    super(`The provider "${provider}" is not configured in this installation.`);
    this.name = 'ProviderNotConfigured';
  }
}

/** The database cannot be reached, so nothing that would change a token may be started. */
export class DatabaseAway extends Error {
  readonly code = 'database_unavailable';

  constructor(options?: ErrorOptions) {
    super('The database cannot be reached at the moment.', options);
    this.name = 'DatabaseAway';
  }
}

/** Whether an error is one of the ways a refresh can end, as opposed to a fault of ours. */
export function isRefreshOutcome(error: unknown): boolean {
  const outcomes = [NotConnected, ReconnectRequired, RefreshPostponed, ProviderMisconfigured, ProviderNotConfigured];
  return outcomes.some((outcome) => error instanceof outcome);
}
