/** Sorts what can go wrong with a provider during a flow into the few kinds that a person can be told about. */
import { OAuth1Error, TokenRequestRefused } from '../oauth1/index.js';
import { OAuth2Error, OAuth2ResponseError } from '../oauth2/index.js';
import { type FlowRefusalCode, FlowRefused } from './flow-refused.js';
import { ProfileUnusable } from './read-account.js';

/**
 * Runs a step that talks to the provider; whatever it throws comes out as a {@link FlowRefused} with its cause.
 * @param options.byClientAlone nobody but our client is authenticated by the request, as with temporary credentials (RFC 5849 section 2.1):
 * a refusal without a reason can only be about that
 */
export async function asRefusal<T>(
  step: () => Promise<T>,
  { byClientAlone = false }: { byClientAlone?: boolean } = {},
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof FlowRefused) throw error;
    const code = troubleOf(error, byClientAlone);
    if (!code) throw error;
    throw new FlowRefused(code, { cause: error });
  }
}

/** The person said no, whichever way the protocol has of saying so. */
export function isDenial(error: unknown): boolean {
  return codeOf(error) === 'oauth1_denied' || codeOf(error) === 'oauth2_denied';
}

/** The provider's own last word on this attempt, a denial or an error: there is nothing left to finish. */
export function endsTheFlow(error: unknown): boolean {
  return isDenial(error) || isProviderError(error);
}

function isProviderError(error: unknown): boolean {
  return codeOf(error) === 'oauth2_authorization_error' || codeOf(error) === 'oauth1_callback_problem';
}

/** What a callback that the protocol's own check refused is to the person. */
export function refusalOfResponse(error: unknown): unknown {
  if (isDenial(error)) return new FlowRefused('denied', { cause: error });
  if (isProviderError(error)) return new FlowRefused('provider_error', { cause: error });
  if (error instanceof OAuth1Error || error instanceof OAuth2Error) {
    // Discovery is part of building the session, and its failures are the provider's, not the callback's.
    if (/^oidc_discovery|^oauth2_request_failed/.test(error.code)) {
      return new FlowRefused(troubleOf(error) ?? 'provider_nonsense', { cause: error });
    }
    return new FlowRefused('callback_malformed', { cause: error });
  }
  return error;
}

/** What a wrong clock looks like, to OpenID Connect (Core 3.1.3.7) and to OAuth 1 after its one correction. */
const clockCodes: ReadonlySet<unknown> = new Set(['oidc_id_token_expired', 'oidc_id_token_not_yet_valid']);

function troubleOf(error: unknown, byClientAlone = false): FlowRefusalCode | undefined {
  const network = networkTroubleIn(error);
  if (network) return network;
  if (clockCodes.has(codeOf(error)) || refusesTime(error)) return 'clock_disagrees';
  if (refusesClient(error, byClientAlone)) return 'provider_misconfigured';
  if (
    error instanceof OAuth2ResponseError ||
    error instanceof TokenRequestRefused ||
    error instanceof ProfileUnusable
  ) {
    if (error.status === 429) return 'provider_busy';
    return error.status >= 500 ? 'provider_failing' : 'provider_nonsense';
  }
  if (error instanceof OAuth1Error || error instanceof OAuth2Error) return 'provider_nonsense';
  return undefined;
}

/** Sessions wrap what the HTTP client threw, or keep its code as evidence; the first one in the chain of causes tells. */
function networkTroubleIn(error: unknown): FlowRefusalCode | undefined {
  let current = error;
  for (let depth = 0; depth < 6 && typeof current === 'object' && current !== null; depth++) {
    const code: unknown = Reflect.get(current, 'code');
    if (code === 'http_timeout') return 'provider_timeout';
    if (code === 'http_unreachable' || code === 'http_reset') return 'provider_unreachable';
    if (typeof code === 'string' && code.startsWith('http_')) return 'provider_nonsense';
    current = Reflect.get(current, 'cause');
  }
  return undefined;
}

function refusesTime(error: unknown): boolean {
  return error instanceof TokenRequestRefused && error.problem === 'timestamp_refused';
}

function refusesClient(error: unknown, byClientAlone: boolean): boolean {
  const code = codeOf(error);
  if (code === 'oauth2_invalid_client' || code === 'oauth2_unauthorized_client') return true;
  // Our own key, which an operator configured.
  if (code === 'oauth2_unusable_key' || code === 'oauth1_unusable_key') return true;
  if (!(error instanceof TokenRequestRefused) || error.status !== 401) return false;
  return byClientAlone || /consumer|client/i.test(error.problem ?? '');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof OAuth1Error || error instanceof OAuth2Error ? error.code : undefined;
}
