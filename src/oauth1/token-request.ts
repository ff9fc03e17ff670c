/** One signed request for temporary or token credentials (RFC 5849 sections 2.1 and 2.3), and what its answer becomes. */
import type { RawTokenResponse } from './errors.js';
import { FORM_TYPE } from './form-body.js';
import { readOutgoingCall } from './outgoing-call.js';
import { parseHttpUrl } from './request-target.js';
import { type SignedFetchContext, sendSigned } from './signed-fetch.js';
import type { Signer } from './signer.js';
import { TokenCredentials } from './token-credentials.js';
import { decodeTokenResponse, readTokenResponse } from './token-response.js';

/** Temporary or token credentials, as far as signing goes. */
export interface TokenAndSecret {
  readonly token: string;
  readonly tokenSecret: string;
}

/** One request to a flow's endpoint. */
export interface TokenRequest {
  readonly url: string;
  /** Default POST, which keeps parameters out of access logs. */
  readonly method: 'GET' | 'POST' | undefined;
  readonly signer: Signer;
  readonly credentials?: TokenAndSecret;
  readonly protocolParameters: Record<string, string>;
  readonly parameters?: Record<string, string>;
  readonly realm?: string;
  readonly signal?: AbortSignal;
  /** What must not show in errors, besides the client's and the credentials' own secrets. */
  readonly secrets: readonly string[];
}

/** A decoded answer and what it was decoded from. */
export interface TokenAnswer {
  readonly fields: Readonly<Record<string, string>>;
  readonly response: RawTokenResponse;
}

/** @throws TokenRequestRefused, and OAuth1Error as {@link decodeTokenResponse} and {@link sendSigned} */
export async function requestToken<Further extends string>(
  context: SignedFetchContext<Further>,
  request: TokenRequest,
): Promise<TokenAnswer> {
  const { method = 'POST', credentials, protocolParameters, realm, signal } = request;
  const { options, clock } = context;
  const parameters = new URLSearchParams(request.parameters).toString();
  const url = parseHttpUrl(request.url);
  if (method === 'GET' && parameters !== '')
    url.search = url.search === '' ? parameters : `${url.search}&${parameters}`;
  const needsForm = method === 'POST' && (parameters !== '' || options.placement === 'body');
  const init = {
    method,
    ...(needsForm ? { body: parameters, headers: { 'content-type': FORM_TYPE } } : {}),
    ...(signal === undefined ? {} : { signal }),
  };
  const { timeoutMs } = options;
  const call = await readOutgoingCall(url, init, timeoutMs === undefined ? {} : { timeoutMs });
  // The flow's endpoints are configured, not chosen by whoever calls fetch: the list of API origins is not about them.
  const answer = await sendSigned({ options, clock }, request.signer, call, {
    protocolParameters,
    ...(realm === undefined ? {} : { realm }),
  });
  const response = await readTokenResponse(answer, call.signal);
  const known = [credentials, options.credentials].flatMap((one) => [one?.token, one?.tokenSecret]);
  const secrets = [...request.secrets, options.clientSecret, ...known];
  return { fields: decodeTokenResponse(response, options.decodeTokenResponse, secrets), response };
}

/** @param nowMs when the answer came, for providers that tell how long the token lives */
export function toTokenCredentials(
  fields: Readonly<Record<string, string>>,
  response: RawTokenResponse,
  nowMs: number,
): TokenCredentials {
  const { oauth_token: token = '', oauth_token_secret: tokenSecret = '', ...others } = fields;
  const { oauth_session_handle: sessionHandle, oauth_callback_confirmed: _, ...parameters } = others;
  const lifeSeconds = Number(fields.oauth_expires_in);
  const hasEnd = Number.isSafeInteger(lifeSeconds) && lifeSeconds > 0 && lifeSeconds < 1e10;
  return TokenCredentials.from(
    {
      token,
      tokenSecret,
      parameters,
      ...(sessionHandle ? { sessionHandle } : {}),
      ...(hasEnd ? { expiresAt: new Date(nowMs + lifeSeconds * 1000).toISOString() } : {}),
    },
    response,
  );
}
