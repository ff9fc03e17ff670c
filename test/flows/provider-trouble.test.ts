/** What a person is told when something goes wrong at a provider: of all errors that a step can end with, which kind of trouble each one is. */

import { FlowRefused } from '../../src/flows/flow-refused.js';
import { asRefusal, endsTheFlow, isDenial, refusalOfResponse } from '../../src/flows/provider-trouble.js';
import { ProfileUnusable } from '../../src/flows/read-account.js';
import { HttpError } from '../../src/http/index.js';
import { OAuth1Error, type OAuth1ErrorCode, TokenRequestRefused } from '../../src/oauth1/index.js';
import { OAuth2Error, type OAuth2ErrorCode, OAuth2RequestError, OAuth2ResponseError } from '../../src/oauth2/index.js';

const http = (code: ConstructorParameters<typeof HttpError>[0]) =>
  new HttpError(code, 'no answer', { host: 'api.example', phase: 'headers' });
const oauth1 = (code: OAuth1ErrorCode) => new OAuth1Error(code, 'no');
const oauth2 = (code: OAuth2ErrorCode, cause?: unknown) => new OAuth2Error(code, 'no', cause);
const answered = (status: number, code: OAuth2ErrorCode = 'oauth2_unexpected_status') =>
  new OAuth2ResponseError(code, 'no', { status, contentType: 'text/plain', excerpt: '' });
const refused = (status: number, problem?: string) =>
  new TokenRequestRefused('no', { problem, evidence: '', response: { status, headers: {}, body: '' } });

/** What comes out of a step that throws this. */
function outcome(error: unknown, options?: Parameters<typeof asRefusal>[1]): Promise<unknown> {
  return asRefusal(() => Promise.reject(error), options).catch((thrown: unknown) => thrown);
}

test('a step that ends well is not in the way', async () => {
  expect(await asRefusal(() => Promise.resolve('an answer'))).toBe('an answer');
});

describe('a step that fails', () => {
  test.each<[string, unknown, string]>([
    ['a timeout', http('http_timeout'), 'provider_timeout'],
    ['no connection', http('http_unreachable'), 'provider_unreachable'],
    ['a connection that broke off', http('http_reset'), 'provider_unreachable'],
    ['an answer without end', http('http_too_large'), 'provider_nonsense'],
    ['no HTTP', http('http_malformed'), 'provider_nonsense'],
    ['a redirect to somewhere else', http('http_origin_not_allowed'), 'provider_nonsense'],
    ['a timeout that a session wraps', new OAuth2RequestError('no', true, http('http_timeout')), 'provider_timeout'],
    [
      'a broken connection of which only the evidence was kept',
      oauth2('oidc_keys_unavailable', { message: 'no', cause: { cause: { code: 'http_reset' } } }),
      'provider_unreachable',
    ],
    ['a request that failed in a way of its own', new OAuth2RequestError('no', true, undefined), 'provider_nonsense'],
    ['a code that is no text', oauth2('oidc_keys_unavailable', { code: 503 }), 'provider_nonsense'],
    ['an ID token that has run out', oauth2('oidc_id_token_expired'), 'clock_disagrees'],
    ['an ID token of tomorrow', oauth2('oidc_id_token_not_yet_valid'), 'clock_disagrees'],
    ['a refused time', refused(401, 'timestamp_refused'), 'clock_disagrees'],
    ['another ID token', oauth2('oidc_id_token_signature'), 'provider_nonsense'],
    ['a client that is refused', answered(401, 'oauth2_invalid_client'), 'provider_misconfigured'],
    ['a client that may not do this', answered(400, 'oauth2_unauthorized_client'), 'provider_misconfigured'],
    ['our own key, for OAuth 2', oauth2('oauth2_unusable_key'), 'provider_misconfigured'],
    ['our own key, for OAuth 1', oauth1('oauth1_unusable_key'), 'provider_misconfigured'],
    ['a consumer key that is refused', refused(401, 'consumer_key_unknown'), 'provider_misconfigured'],
    ['a consumer key that is refused in other words', refused(401, 'Unknown Client'), 'provider_misconfigured'],
    ['a token that is refused', refused(401, 'token_rejected'), 'provider_nonsense'],
    ['a refusal of something', refused(401), 'provider_nonsense'],
    ['a refusal by status 403', refused(403, 'consumer_key_unknown'), 'provider_nonsense'],
    ['status 400', answered(400, 'oauth2_invalid_grant'), 'provider_nonsense'],
    ['status 429', answered(429, 'oauth2_rate_limited'), 'provider_busy'],
    ['status 499', answered(499), 'provider_nonsense'],
    ['status 500', answered(500, 'oauth2_server_error'), 'provider_failing'],
    ['status 503 for a token of OAuth 1', refused(503), 'provider_failing'],
    ['status 404 for the profile', new ProfileUnusable(404), 'provider_nonsense'],
    ['status 429 for the profile', new ProfileUnusable(429), 'provider_busy'],
    ['status 502 for the profile', new ProfileUnusable(502), 'provider_failing'],
    ['an answer that OAuth 1 cannot use', oauth1('oauth1_callback_unconfirmed'), 'provider_nonsense'],
    ['an answer that OAuth 2 cannot use', oauth2('oauth2_access_token_missing'), 'provider_nonsense'],
  ])('%s', async (_what, error, code) => {
    const refusal = await outcome(error);
    expect(refusal).toBeInstanceOf(FlowRefused);
    expect(refusal).toMatchObject({ code, cause: error });
  });

  test.each<[string, unknown]>([
    ['a refusal of ours', new FlowRefused('flow_spent', { cause: http('http_timeout') })],
    ['a fault of ours', new TypeError('x is not a function')],
    ['trouble of the database', Object.assign(new Error('away'), { code: 'P1001' })],
    ['nothing at all', undefined],
  ])('%s stays what it is', async (_what, error) => {
    expect(await outcome(error)).toBe(error);
  });

  test('where our client alone is authenticated, a bare 401 can only be about it', async () => {
    const alone = { byClientAlone: true };
    expect(await outcome(refused(401), alone)).toMatchObject({ code: 'provider_misconfigured' });
    expect(await outcome(refused(401, 'nonce_used'), alone)).toMatchObject({ code: 'provider_misconfigured' });
    expect(await outcome(refused(400), alone)).toMatchObject({ code: 'provider_nonsense' });
    expect(await outcome(answered(401), alone)).toMatchObject({ code: 'provider_nonsense' });
    expect(await outcome(refused(503), alone)).toMatchObject({ code: 'provider_failing' });
  });
});

describe('a callback that the protocol refuses', () => {
  test.each<[string, Error, string]>([
    ['a no, in OAuth 1', oauth1('oauth1_denied'), 'denied'],
    ['a no, in OAuth 2', oauth2('oauth2_denied'), 'denied'],
    ['an error of the provider, in OAuth 1', oauth1('oauth1_callback_problem'), 'provider_error'],
    ['an error of the provider, in OAuth 2', oauth2('oauth2_authorization_error'), 'provider_error'],
    ['another token', oauth1('oauth1_token_mismatch'), 'callback_malformed'],
    ['another state', oauth2('oauth2_state_mismatch'), 'callback_malformed'],
    ['an issuer whose metadata makes no sense', oauth2('oidc_discovery_malformed'), 'provider_nonsense'],
    ['an issuer that is slow', oauth2('oidc_discovery_failed', http('http_timeout')), 'provider_timeout'],
    ['an issuer that is away', new OAuth2RequestError('no', false, http('http_unreachable')), 'provider_unreachable'],
  ])('%s', (_what, error, code) => {
    const refusal = refusalOfResponse(error);
    expect(refusal).toBeInstanceOf(FlowRefused);
    expect(refusal).toMatchObject({ code, cause: error });
  });

  test('a fault of ours stays what it is', () => {
    const fault = new TypeError('x is not a function');
    expect(refusalOfResponse(fault)).toBe(fault);
  });

  test('only the provider’s own last word ends the attempt; a no is a no in both protocols', () => {
    const errors = {
      denied: [oauth1('oauth1_denied'), oauth2('oauth2_denied')],
      failed: [oauth1('oauth1_callback_problem'), oauth2('oauth2_authorization_error')],
      open: [oauth1('oauth1_token_mismatch'), oauth2('oauth2_state_mismatch'), new TypeError('no'), undefined],
    };
    expect(errors.denied.map(isDenial)).toEqual([true, true]);
    expect([...errors.failed, ...errors.open].some(isDenial)).toBe(false);
    expect([...errors.denied, ...errors.failed].every(endsTheFlow)).toBe(true);
    expect(errors.open.some(endsTheFlow)).toBe(false);
  });
});
