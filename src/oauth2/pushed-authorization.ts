/** Pushed authorization requests (RFC 9126): the parameters go to the provider on the back channel, the browser carries only a reference. */
import * as oauth from 'oauth4webapi';
import type { ClientContext } from './client-context.js';
import { failure, readAnswer } from './endpoint-answer.js';
import { callEndpoint } from './endpoint-request.js';

/**
 * @param parameters the authorization request
 * @returns what is left for the browser to carry
 */
export async function pushAuthorizationRequest(
  context: ClientContext,
  parameters: URLSearchParams,
  signal?: AbortSignal,
): Promise<URLSearchParams> {
  const endpoint = 'pushed authorization request endpoint';
  const { raw, redact, receivedAtMs } = await callEndpoint(context, {
    endpoint,
    signal,
    send: (options) =>
      oauth.pushedAuthorizationRequest(context.server, context.client, context.authenticate, parameters, options),
  });
  const answer = { endpoint, redact, nowMs: receivedAtMs };
  const { request_uri: requestUri } = readAnswer(raw, answer);
  if (typeof requestUri !== 'string' || requestUri === '') {
    throw failure('oauth2_response_malformed', `The ${endpoint} gave no request URI.`, raw, answer, {
      field: 'request_uri',
    });
  }
  return new URLSearchParams({ client_id: context.options.clientId, request_uri: requestUri });
}
