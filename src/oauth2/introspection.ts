/** Token introspection (RFC 7662): asks the provider what a token is worth. The answer is checked by oauth4webapi. */
import * as oauth from 'oauth4webapi';
import { type ClientContext, endpointOf } from './client-context.js';
import { failure, readAnswer } from './endpoint-answer.js';
import { callEndpoint } from './endpoint-request.js';
import type { TokenTypeHint } from './revocation.js';

/** `active: false` says nothing more: the token is unknown, expired or revoked. */
export interface Introspection extends Readonly<Record<string, unknown>> {
  readonly active: boolean;
}

/** @throws OAuth2ResponseError, OAuth2RequestError */
export async function introspectTokenValue(
  context: ClientContext,
  value: string,
  hint: TokenTypeHint,
  signal?: AbortSignal,
): Promise<Introspection> {
  endpointOf(context, 'introspect');
  const endpoint = 'introspection endpoint';
  const { raw, redact, receivedAtMs } = await callEndpoint(context, {
    endpoint,
    signal,
    send: (options) =>
      oauth.introspectionRequest(context.server, context.client, context.authenticate, value, {
        ...options,
        additionalParameters: { token_type_hint: hint },
      }),
  });
  const answer = { endpoint, redact, nowMs: receivedAtMs };
  const fields = readAnswer(raw, answer);
  try {
    const checked = await oauth.processIntrospectionResponse(context.server, context.client, Response.json(fields));
    return { ...checked };
  } catch {
    throw failure(
      'oauth2_response_malformed',
      `The ${endpoint} does not say whether the token is active.`,
      raw,
      answer,
      {
        field: 'active',
      },
    );
  }
}
