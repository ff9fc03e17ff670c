/** Sorts what can go wrong with a provider during a flow into the few kinds that a person can be told about. */
import { HttpError } from '../http/index.js';
import { OAuth1Error, TokenRequestRefused } from '../oauth1/index.js';
import { OAuth2Error, OAuth2ResponseError } from '../oauth2/index.js';
import { type FlowRefusalCode, FlowRefused } from './flow-refused.js';
import { ProfileUnusable } from './read-account.js';

/** Runs a step that talks to the provider; whatever it throws comes out as a {@link FlowRefused} with its cause. */
export async function asRefusal<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof FlowRefused) throw error;
    const code = troubleOf(error);
    if (!code) throw error;
    throw new FlowRefused(code, { cause: error });
  }
}

/** The person said no, whichever way the protocol has of saying so. */
export function isDenial(error: unknown): boolean {
  return codeOf(error) === 'oauth1_denied' || codeOf(error) === 'oauth2_denied';
}

/** What a callback that the protocol's own check refused is to the person. */
export function refusalOfResponse(error: unknown): unknown {
  if (isDenial(error)) return new FlowRefused('denied', { cause: error });
  const code = codeOf(error);
  if (code === 'oauth2_authorization_error' || code === 'oauth1_callback_problem') {
    return new FlowRefused('provider_error', { cause: error });
  }
  if (error instanceof OAuth1Error || error instanceof OAuth2Error) {
    // Discovery is part of building the session, and its failures are the provider's, not the callback's.
    if (/^oidc_discovery|^oauth2_request_failed/.test(error.code)) {
      return new FlowRefused(troubleOf(error) ?? 'provider_nonsense', { cause: error });
    }
    return new FlowRefused('callback_malformed', { cause: error });
  }
  return error;
}

function troubleOf(error: unknown): FlowRefusalCode | undefined {
  const http = httpErrorIn(error);
  if (http) return http.code === 'http_timeout' ? 'provider_timeout' : networkTrouble(http);
  if (refusesClient(error)) return 'provider_misconfigured';
  if (
    error instanceof OAuth2ResponseError ||
    error instanceof TokenRequestRefused ||
    error instanceof ProfileUnusable
  ) {
    return error.status >= 500 || error.status === 429 ? 'provider_unreachable' : 'provider_nonsense';
  }
  if (error instanceof OAuth1Error || error instanceof OAuth2Error) return 'provider_nonsense';
  return undefined;
}

function networkTrouble(error: HttpError): FlowRefusalCode {
  return error.code === 'http_unreachable' || error.code === 'http_reset'
    ? 'provider_unreachable'
    : 'provider_nonsense';
}

function refusesClient(error: unknown): boolean {
  const code = codeOf(error);
  if (code === 'oauth2_invalid_client' || code === 'oauth2_unauthorized_client') return true;
  return error instanceof TokenRequestRefused && error.status === 401 && /consumer|client/i.test(error.problem ?? '');
}

/** Sessions wrap what the HTTP client threw; the first one in the chain of causes tells. */
function httpErrorIn(error: unknown): HttpError | undefined {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if (current instanceof HttpError) return current;
    current = current.cause;
  }
  return undefined;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof OAuth1Error || error instanceof OAuth2Error ? error.code : undefined;
}
