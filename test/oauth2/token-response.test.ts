import { inspect } from 'node:util';
import { OAuth2ResponseError, type OAuth2SessionOptions, OAuth2Token } from '../../src/oauth2/index.js';
import { json, scriptedFetch, text } from './support/scripted-fetch.js';
import { failureOf, makeSession, NOW } from './support/session.js';

const FORM = 'application/x-www-form-urlencoded';
const AT = 'CANARY-AT-7f3a';
const RT = 'CANARY-RT-51c2';
const good = { access_token: AT, token_type: 'Bearer' };
const broken = (body: unknown, status = 200) => json(body, { status });
const raw = (body: string | Uint8Array, type = 'application/json', status = 200) =>
  new Response(body, { status, headers: { 'content-type': type } });

async function redeem(answer: Response, options: Partial<OAuth2SessionOptions> = {}) {
  const session = makeSession(scriptedFetch(answer).fetch, options);
  const { pending } = await session.authorizationRequest({ redirectUri: 'https://app.test/cb', scopes: ['a'] });
  return await session.exchangeCode(session.checkCallback(`?code=CANARY-CODE-88&state=${pending.state}`, pending));
}

describe('answers of a token endpoint that give no token', () => {
  const fitbit = {
    errors: [{ path: 'success', equals: false, code: 'errors.0.errorType', description: 'errors.0.message' }],
  };
  const table: [name: string, answer: () => Response, code: string, options?: Partial<OAuth2SessionOptions>][] = [
    // unreadable
    ['empty body', () => raw(''), 'oauth2_response_unreadable'],
    ['white space', () => raw(' \n'), 'oauth2_response_unreadable'],
    ['HTML', () => raw('<!doctype html><title>Sign in</title>', 'text/html'), 'oauth2_response_unreadable'],
    ['HTML labelled JSON', () => raw('<html></html>'), 'oauth2_response_unreadable'],
    ['cut-off JSON', () => raw(`{"access_token":"${AT}","refresh_to`), 'oauth2_response_unreadable'],
    ['JSON with single quotes', () => raw(`{'access_token':'${AT}'}`), 'oauth2_response_unreadable'],
    ['JSON with a trailing comma', () => raw(`{"access_token":"${AT}",}`), 'oauth2_response_unreadable'],
    ['two JSON objects', () => raw(`{"access_token":"${AT}"}{"a":1}`), 'oauth2_response_unreadable'],
    ['JSON in a guard prefix', () => raw(`)]}',\n{"access_token":"${AT}"}`), 'oauth2_response_unreadable'],
    ['a form labelled JSON', () => raw(`access_token=${AT}&token_type=bearer`), 'oauth2_response_unreadable'],
    [
      'a form with a repeated field',
      () => raw(`access_token=${AT}&access_token=x&token_type=bearer`, FORM),
      'oauth2_response_unreadable',
    ],
    ['a page with a link', () => raw('<a href="/x?a=1&error=2">Back</a>', 'text/html'), 'oauth2_response_unreadable'],
    ['prose with an equals sign', () => raw('Error: 1+1=3', 'text/plain'), 'oauth2_response_unreadable'],
    ['XML', () => raw(`<r><access_token>${AT}</access_token></r>`, 'application/xml'), 'oauth2_response_unreadable'],
    ['bytes that are no UTF-8', () => raw(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])), 'oauth2_response_unreadable'],
    [
      'UTF-16',
      () => raw(new Uint8Array(Buffer.from(`\ufeff${JSON.stringify(good)}`, 'utf16le'))),
      'oauth2_response_unreadable',
    ],
    ['JSON nested 100,000 deep', () => raw('['.repeat(100_000)), 'oauth2_response_unreadable'],
    ['valid JSON nested too deep', () => raw(`{"a":${'['.repeat(80)}${']'.repeat(80)}}`), 'oauth2_response_unreadable'],
    ['a body beyond the limit', () => raw(`{"access_token":"${'x'.repeat(1_100_000)}"}`), 'oauth2_response_too_large'],
    // readable, but no answer
    ['JSON array', () => broken([good]), 'oauth2_response_malformed'],
    ['JSON string', () => broken(AT), 'oauth2_response_malformed'],
    ['JSON null', () => broken(null), 'oauth2_response_malformed'],
    ['JSON number', () => broken(42), 'oauth2_response_malformed'],
    ['JSON true', () => broken(true), 'oauth2_response_malformed'],
    // the access token
    ['empty object', () => broken({}), 'oauth2_access_token_missing'],
    ['no access token', () => broken({ token_type: 'Bearer', refresh_token: RT }), 'oauth2_access_token_missing'],
    ['access token null', () => broken({ ...good, access_token: null }), 'oauth2_access_token_missing'],
    ['access token empty', () => broken({ ...good, access_token: '' }), 'oauth2_token_response_malformed'],
    ['access token object', () => broken({ ...good, access_token: { value: AT } }), 'oauth2_token_response_malformed'],
    ['access token array', () => broken({ ...good, access_token: [AT] }), 'oauth2_token_response_malformed'],
    ['access token number', () => broken({ ...good, access_token: 12345 }), 'oauth2_token_response_malformed'],
    ['access token true', () => broken({ ...good, access_token: true }), 'oauth2_token_response_malformed'],
    [
      'access token with a line break',
      () => broken({ ...good, access_token: `${AT}\r\nX-Evil: 1` }),
      'oauth2_token_response_malformed',
    ],
    ['access token beyond ASCII', () => broken({ ...good, access_token: `${AT}é` }), 'oauth2_token_response_malformed'],
    [
      'access token under another name',
      () => broken({ accessToken: AT, tokenType: 'Bearer' }),
      'oauth2_access_token_missing',
    ],
    [
      'access token on the prototype',
      () => raw(`{"__proto__":{"access_token":"${AT}"},"token_type":"Bearer"}`),
      'oauth2_access_token_missing',
    ],
    ['nested without a rule', () => broken({ data: good }), 'oauth2_access_token_missing'],
    // the token type
    ['no token type', () => broken({ access_token: AT }), 'oauth2_token_type_unsupported'],
    ['token type null', () => broken({ ...good, token_type: null }), 'oauth2_token_type_unsupported'],
    ['token type empty', () => broken({ ...good, token_type: '' }), 'oauth2_token_type_unsupported'],
    ['token type number', () => broken({ ...good, token_type: 1 }), 'oauth2_token_type_unsupported'],
    ['token type mac', () => broken({ ...good, token_type: 'mac' }), 'oauth2_token_type_unsupported'],
    ['token type DPoP', () => broken({ ...good, token_type: 'DPoP' }), 'oauth2_token_type_unsupported'],
    ['token type unknown', () => broken({ ...good, token_type: 'user access token' }), 'oauth2_token_type_unsupported'],
    [
      'token type N_A outside an exchange',
      () => broken({ ...good, token_type: 'N_A' }),
      'oauth2_token_type_unsupported',
    ],
    [
      'token type mac in spite of a rule',
      () => broken({ ...good, token_type: 'MAC' }),
      'oauth2_token_type_unsupported',
      { tokenRules: { tokenType: 'Bearer' } },
    ],
    // the refresh token
    [
      'refresh token object',
      () => broken({ ...good, refresh_token: { value: RT } }),
      'oauth2_token_response_malformed',
    ],
    ['refresh token array', () => broken({ ...good, refresh_token: [RT] }), 'oauth2_token_response_malformed'],
    ['refresh token number', () => broken({ ...good, refresh_token: 7 }), 'oauth2_token_response_malformed'],
    ['refresh token true', () => broken({ ...good, refresh_token: true }), 'oauth2_token_response_malformed'],
    // errors in the RFC's words
    ['invalid_grant', () => broken({ error: 'invalid_grant' }, 400), 'oauth2_invalid_grant'],
    ['invalid_client', () => broken({ error: 'invalid_client' }, 401), 'oauth2_invalid_client'],
    ['invalid_request', () => broken({ error: 'invalid_request' }, 400), 'oauth2_invalid_request'],
    ['invalid_scope', () => broken({ error: 'invalid_scope' }, 400), 'oauth2_invalid_scope'],
    ['unauthorized_client', () => broken({ error: 'unauthorized_client' }, 400), 'oauth2_unauthorized_client'],
    ['unsupported_grant_type', () => broken({ error: 'unsupported_grant_type' }, 400), 'oauth2_unsupported_grant_type'],
    ['another error', () => broken({ error: 'teapot' }, 400), 'oauth2_provider_error'],
    ['an error as a form', () => raw('error=invalid_grant&error_description=old', FORM, 400), 'oauth2_invalid_grant'],
    // errors with status 200
    ['error with status 200', () => broken({ error: 'invalid_grant' }), 'oauth2_invalid_grant'],
    ['error and token together', () => broken({ ...good, error: 'invalid_grant' }), 'oauth2_invalid_grant'],
    [
      'error as a form with status 200',
      () => raw('error=bad_verification_code', 'text/plain'),
      'oauth2_provider_error',
    ],
    [
      'error mapped by the definition',
      () => broken({ error: 'bad_refresh_token' }),
      'oauth2_invalid_grant',
      { tokenRules: { errorCodes: { bad_refresh_token: 'invalid_grant' } } },
    ],
    [
      'ok: false by rule',
      () => broken({ ok: false, error: 'invalid_code' }),
      'oauth2_provider_error',
      { tokenRules: { errors: [{ path: 'ok', equals: false, code: 'error' }] } },
    ],
    [
      'status other than 0 by rule',
      () => broken({ status: 601, body: {} }),
      'oauth2_provider_error',
      { tokenRules: { root: 'body', errors: [{ path: 'status', not: 0, code: 'status' }] } },
    ],
    [
      'errors[] by rule',
      () => broken({ success: false, errors: [{ errorType: 'invalid_grant', message: 'spent' }] }, 400),
      'oauth2_invalid_grant',
      { tokenRules: fitbit },
    ],
    [
      'error object',
      () => broken({ error: { message: 'bad', type: 'OAuthException', code: 190 } }, 400),
      'oauth2_provider_error',
    ],
    // status without words
    [
      '302',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.test/' } }),
      'oauth2_redirect_refused',
    ],
    [
      '307',
      () => new Response(null, { status: 307, headers: { location: 'https://evil.test/' } }),
      'oauth2_redirect_refused',
    ],
    ['400 with HTML', () => raw('<h1>Bad</h1>', 'text/html', 400), 'oauth2_unexpected_status'],
    ['401 empty', () => raw('', 'text/plain', 401), 'oauth2_unexpected_status'],
    ['404', () => raw('Not found', 'text/plain', 404), 'oauth2_unexpected_status'],
    ['410', () => broken({ message: 'gone' }, 410), 'oauth2_unexpected_status'],
    ['429', () => raw('slow down', 'text/plain', 429), 'oauth2_rate_limited'],
    ['500 with HTML', () => raw(`<h1>Oops</h1> token ${AT}`, 'text/html', 500), 'oauth2_server_error'],
    ['502', () => raw('', 'text/html', 502), 'oauth2_server_error'],
    ['503 with an error', () => broken({ error: 'temporarily_unavailable' }, 503), 'oauth2_server_error'],
    ['500 with a token', () => broken(good, 500), 'oauth2_server_error'],
  ];

  it.each(table)('%s', async (...row) => {
    // Not as parameters: with one more than a row has, Jest would wait for a callback.
    const [, make, code, options] = row;
    const answer = make();
    const { status } = answer;
    const error = await failureOf(() => redeem(answer, options));
    expect(error).toBeInstanceOf(OAuth2ResponseError);
    expect(error.code).toBe(code);
    expect(error.cause).toMatchObject({ status, contentType: expect.any(String), excerpt: expect.any(String) });
    for (const printed of [
      inspect(error, { depth: 9 }),
      JSON.stringify(error),
      JSON.stringify(error.cause),
      `${error.stack}`,
    ]) {
      expect(printed).not.toMatch(/CANARY/);
      expect(printed.length).toBeLessThan(6_000);
    }
  });

  it('names the field and its kind, never its value', async () => {
    expect((await failureOf(() => redeem(broken({ ...good, refresh_token: [RT] })))).cause).toMatchObject({
      field: 'refresh_token is an array',
    });
    expect((await failureOf(() => redeem(broken({ access_token: AT })))).cause).toMatchObject({
      field: 'token_type is missing',
    });
    expect((await failureOf(() => redeem(broken({ ...good, access_token: null })))).cause).toMatchObject({
      field: 'access_token is null',
    });
  });

  it('keeps the provider’s words, cleaned of our secrets, of control characters and of length', async () => {
    const description = `code CANARY-CODE-88 \u001b[2J${encodeURIComponent('CANARY-SECRET-9d1')} \u202e${'x'.repeat(500)}`;
    const error = (await failureOf(() =>
      redeem(broken({ error: 'invalid_grant<script>', error_description: description }, 400)),
    )) as OAuth2ResponseError;
    expect(error.error).toBe('invalid_grantscript');
    expect(error.description).toMatch(/^code \[redacted\] \[2J\[redacted\] x+$/);
    expect(error.description?.length).toBe(200);
    const printed = inspect(error, { depth: 9 });
    for (const unwanted of ['CANARY', '\u202e', '\u001b[2J']) expect(printed).not.toContain(unwanted);
  });

  it('keeps how long to wait, from seconds and from a date', async () => {
    const wait = async (value: string) => {
      const answer = json({}, { status: 429, headers: { 'retry-after': value } });
      return ((await failureOf(() => redeem(answer))) as OAuth2ResponseError).retryAfterMs;
    };
    expect(await wait('120')).toBe(120_000);
    expect(await wait(new Date(NOW + 90_000).toUTCString())).toBe(90_000);
    expect(await wait('Wed, 21 Oct 2015 07:28:00 GMT')).toBe(0);
    for (const nonsense of ['soon', '-5', '1e9', '']) expect(await wait(nonsense)).toBeUndefined();
  });
});

describe('answers of a token endpoint that give one', () => {
  it.each([
    ['JSON', () => json(good)],
    ['JSON labelled text/plain', () => raw(JSON.stringify(good), 'text/plain')],
    ['JSON with a byte order mark', () => raw(`\ufeff${JSON.stringify(good)}`)],
    ['a form', () => text(`access_token=${AT}&token_type=bearer`, FORM)],
    ['a form as text/plain with a line break', () => text(`access_token=${AT}&token_type=bearer\n`, 'text/plain')],
    ['a form as text/html', () => text(`access_token=${AT}&token_type=bearer`, 'text/html')],
    ['no content type', () => new Response(new Uint8Array(Buffer.from(JSON.stringify(good))))],
    ['status 201', () => json(good, { status: 201 })],
    ['token type in capitals', () => json({ ...good, token_type: 'BEARER' })],
  ])('%s', async (_name, make) => {
    const token = await redeem(make());
    expect(token).toBeInstanceOf(OAuth2Token);
    expect([token.accessToken, token.tokenType]).toEqual([AT, 'Bearer']);
  });

  it.each([null, '', false])('takes refresh_token %j for none', async (refresh_token) => {
    expect((await redeem(json({ ...good, refresh_token }))).refreshToken).toBeUndefined();
  });

  it('does not keep an ID token that nobody validates, or one that is none', async () => {
    expect((await redeem(json({ ...good, id_token: 'a.b.c' }))).idToken).toBeUndefined();
    expect((await redeem(json({ ...good, id_token: false }))).idToken).toBeUndefined();
  });

  it('survives a scope of an odd type', async () => {
    expect((await redeem(json({ ...good, scope: ['a', 'b'] }))).scopes).toEqual(['a', 'b']);
    expect((await redeem(json({ ...good, scope: null }))).scopes).toBeUndefined();
    expect((await redeem(json({ ...good, scope: '' }))).scopes).toEqual([]);
    expect((await redeem(json({ ...good, scope: { a: true } }))).scopes).toBeUndefined();
  });

  it('keeps what stands beside the token, except credentials', async () => {
    const beside = {
      user_id: 'ABC123',
      athlete: { id: 7, name: 'Ada', push_token: 'CANARY-1' },
      refresh_token_expires_in: 86400,
      bot_access_token: 'CANARY-2',
      client_secret: 'CANARY-3',
      incoming_webhook: { url: 'https://hooks.provider.test/CANARY-4' },
      copy: AT,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      teams: [{ id: 1, session_key: 'CANARY-5' }],
    };
    const token = await redeem(json({ ...good, ...beside }));
    expect(token.parameters).toEqual({
      user_id: 'ABC123',
      athlete: { id: 7, name: 'Ada' },
      refresh_token_expires_in: 86400,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      teams: [{ id: 1 }],
    });
  });
});
