import { inspect } from 'node:util';
import {
  type AuthorizedTemporaryCredentials,
  type OAuth1ClientOptions,
  OAuth1Error,
  OAuth1Session,
  TemporaryCredentials,
  TokenCredentials,
  TokenRequestRefused,
} from '../../src/oauth1/index.js';
import { auxVectors } from './load-vectors.js';
import { CLIENT, ENDPOINTS, TestProvider } from './test-provider.js';

const NOW = 1_700_000_000_000;
const CALLBACK = 'https://app.example/auth/callback?tab=1';

function setUp(further: Partial<OAuth1ClientOptions> = {}) {
  const provider = new TestProvider(() => NOW);
  const options = { ...CLIENT, endpoints: ENDPOINTS, fetch: provider.fetch, now: () => NOW, ...further };
  return { provider, session: new OAuth1Session(options) };
}

const failure = (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .then(
      () => new OAuth1Error('nothing thrown' as 'oauth1_denied', 'nothing thrown'),
      (error: OAuth1Error) => error,
    );

describe('the three legs', () => {
  test.each(['header', 'query', 'body'] as const)('by callback, parameters in the %s', async (placement) => {
    const { provider, session } = setUp({ placement, signatureMethod: 'HMAC-SHA256' });
    const temporary = await session.requestTemporaryCredentials({ callback: CALLBACK, parameters: { scope: 'a b' } });
    const back = provider.authorize(session.authorizationUrl(temporary));
    expect(back.startsWith(CALLBACK)).toBe(true);
    const token = await session.requestTokenCredentials(session.checkCallback(back, temporary));
    expect(token.toPlain()).toEqual({
      token: 'token2',
      tokenSecret: 'token2-secret-canary',
      sessionHandle: 'handle-canary',
      expiresAt: new Date(NOW + 3_600_000).toISOString(),
      parameters: { oauth_expires_in: '3600', user_id: '6253282', screen_name: 'somebody' },
    });
    const api = new OAuth1Session({ ...CLIENT, placement, fetch: provider.fetch, now: () => NOW, credentials: token });
    expect(await (await api.fetch('https://api.example.com/me?a=1')).json()).toEqual({
      token: 'token2',
      parameters: [['a', '1']],
    });
    expect(provider.calls.map(({ verified }) => verified?.placement)).toEqual([
      placement,
      placement,
      placement === 'body' ? 'query' : placement,
    ]);
    expect(provider.calls[0]?.verified?.parameters).toEqual([['scope', 'a b']]);
    expect(provider.calls.slice(0, 2).map(({ init }) => init.method)).toEqual(['POST', 'POST']);
  });

  test('by PIN, also across a restart', async () => {
    const { provider, session } = setUp();
    const issued = await session.requestTemporaryCredentials({ callback: 'oob' });
    expect(provider.calls[0]?.verified?.protocolParameters.oauth_callback).toBe('oob');
    const pin = provider.authorize(session.authorizationUrl(issued));
    const stored = JSON.stringify(issued.toPlain());
    const restored = TemporaryCredentials.from(JSON.parse(stored));
    const later = setUp({ fetch: provider.fetch }).session;
    const token = await later.requestTokenCredentials(later.authorizeWithPin(restored, `  ${pin}\n`));
    expect(token.parameters.screen_name).toBe('somebody');
  });

  test('some services want GET, an endpoint with a query, and a realm', async () => {
    const endpoints = {
      ...ENDPOINTS,
      requestToken: 'https://api.example.com/w/index.php?title=Special%3AOAuth%2Frequest_token&x=oauth/request_token',
      requestTokenMethod: 'GET' as const,
    };
    const { provider, session } = setUp({ endpoints });
    provider.script.push((url, init) => {
      expect(init).toMatchObject({ method: 'GET', body: null });
      expect(new URL(url).searchParams.get('scope')).toBe('read');
      expect(new URL(url).searchParams.get('title')).toBe('Special:OAuth/request_token');
      expect((init.headers as Record<string, string>).Authorization).toMatch(/^OAuth realm="photos", .*oauth_x="y"/);
      return new Response('oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=true');
    });
    await session.requestTemporaryCredentials({
      callback: 'oob',
      parameters: { scope: 'read', oauth_x: 'y' },
      realm: 'photos',
    });
  });

  test('renewal keeps what the answer leaves out', async () => {
    const { provider, session } = setUp();
    const temporary = await session.requestTemporaryCredentials({ callback: 'oob' });
    const pin = provider.authorize(session.authorizationUrl(temporary));
    const first = await session.requestTokenCredentials(session.authorizeWithPin(temporary, pin));
    const second = await session.renewTokenCredentials(first);
    expect(second.token).not.toBe(first.token);
    expect(provider.calls.at(-1)?.verified?.protocolParameters.oauth_session_handle).toBe('handle-canary');
    provider.script.push(() => new Response('oauth_token=z&oauth_token_secret=zs'));
    const third = await new OAuth1Session({
      ...CLIENT,
      endpoints: ENDPOINTS,
      fetch: provider.fetch,
      credentials: second,
    }).renewTokenCredentials();
    expect(third).toMatchObject({ token: 'z', sessionHandle: 'handle-canary', parameters: { user_id: '6253282' } });
    const without = TokenCredentials.from({ token: 'a', tokenSecret: 'b' });
    expect((await failure(() => session.renewTokenCredentials(without))).code).toBe('oauth1_no_session_handle');
    expect((await failure(() => session.renewTokenCredentials())).code).toBe('oauth1_no_session_handle');
  });
});

describe('authorizationUrl', () => {
  const temporary = TemporaryCredentials.from({ token: 'a+b/=', tokenSecret: 's' });
  const { session } = setUp();

  test.each([
    ['https://p.example/authorize', 'https://p.example/authorize?lang=d+e&oauth_token=a%2Bb%2F%3D'],
    [
      'https://p.example/authorize?title=x%20y',
      'https://p.example/authorize?title=x%20y&lang=d+e&oauth_token=a%2Bb%2F%3D',
    ],
    ['http://localhost:4000/authorize', 'http://localhost:4000/authorize?lang=d+e&oauth_token=a%2Bb%2F%3D'],
  ])('%s', (endpoint, expected) =>
    expect(session.authorizationUrl(temporary, { lang: 'd e' }, endpoint)).toBe(expected),
  );

  test('never over http, never with another token', async () => {
    const insecure = await failure(() => session.authorizationUrl(temporary, {}, 'http://p.example/authorize'));
    expect(insecure.code).toBe('oauth1_insecure_transport');
    const other = await failure(() => session.authorizationUrl(temporary, { oauth_token: 'x' }));
    expect(other.code).toBe('oauth1_reserved_parameter');
  });
});

describe('temporary credentials', () => {
  test.each(auxVectors.temporaryCredentialResponses)(
    '$contentType $body',
    async ({ contentType, body, expect: wanted }) => {
      const { provider, session } = setUp();
      provider.script.push(() => new Response(body, { headers: { 'content-type': contentType } }));
      const asked = session.requestTemporaryCredentials({ callback: CALLBACK });
      if (wanted === 'error') await expect(asked).rejects.toMatchObject({ code: 'oauth1_malformed_token_response' });
      else if (!wanted.callbackConfirmed)
        await expect(asked).rejects.toMatchObject({ code: 'oauth1_callback_unconfirmed' });
      else expect((await asked).toPlain()).toEqual({ token: wanted.token, tokenSecret: wanted.secret });
    },
  );

  test.each(['false', '', '0'])('a callback confirmed with "%s" is not confirmed', async (confirmed) => {
    const { provider, session } = setUp();
    provider.script.push(
      () => new Response(`oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=${confirmed}`),
    );
    const error = await failure(() => session.requestTemporaryCredentials({ callback: CALLBACK }));
    expect(error.code).toBe('oauth1_callback_unconfirmed');
  });

  test('a callback that is no URL is not sent', async () => {
    const { provider, session } = setUp();
    for (const callback of ['', '/cb', 'app.example']) {
      const error = await failure(() => session.requestTemporaryCredentials({ callback }));
      expect(error.code).toBe('oauth1_invalid_option');
    }
    expect(provider.calls).toHaveLength(0);
  });

  test('a session without endpoints says so', async () => {
    const session = new OAuth1Session({ ...CLIENT, fetch: new TestProvider().fetch });
    const error = await failure(() => session.requestTemporaryCredentials({ callback: 'oob' }));
    expect(error.code).toBe('oauth1_endpoints_missing');
  });

  test('endpoints over http are refused before anything is sent', async () => {
    const { provider, session } = setUp({
      endpoints: { ...ENDPOINTS, requestToken: 'http://api.example.com/request_token' },
    });
    const error = await failure(() => session.requestTemporaryCredentials({ callback: 'oob' }));
    expect(error.code).toBe('oauth1_insecure_transport');
    expect(provider.calls).toHaveLength(0);
  });
});

describe('checkCallback', () => {
  const { session } = setUp();
  const temporary = TemporaryCredentials.from({ token: 'hdk48Djdsa', tokenSecret: 's' });

  test.each(auxVectors.authorizationCallbacks)('$url', async ({ url, expect: wanted }) => {
    const token = wanted === 'denied' ? 'hdk48Djdsa' : wanted.token;
    const issued = TemporaryCredentials.from({ token, tokenSecret: 's' });
    const checked = await failure(() => session.checkCallback(url, issued));
    if (wanted === 'denied') expect(checked.code).toBe('oauth1_denied');
    else expect(session.checkCallback(url, issued)).toMatchObject({ verifier: wanted.verifier, temporary: issued });
  });

  const right = 'oauth_token=hdk48Djdsa&oauth_verifier=473f%20+82d3';
  test.each<[string, URLSearchParams | URL | string]>([
    ['a URL', new URL(`https://app.example/cb?${right}#x`)],
    ['a URL as text', `https://app.example/cb?${right}#x`],
    ['a pasted URL, wrapped', ` https://app.example/cb?oauth_token=hdk48\n Djdsa&oauth_verifier=473f%20+82d3\n`],
    ['a query', right],
    ['a query with its mark', `?${right}`],
    ['search parameters', new URLSearchParams(right)],
  ])('%s', (_name, callback) => expect(session.checkCallback(callback, temporary).verifier).toBe('473f  82d3'));

  test.each([
    ['another token', 'oauth_token=other&oauth_verifier=v', 'oauth1_token_mismatch'],
    ['a token with more behind it', 'oauth_token=hdk48Djdsa0&oauth_verifier=v', 'oauth1_token_mismatch'],
    ['no token', 'oauth_verifier=v', 'oauth1_token_mismatch'],
    ['nothing', '', 'oauth1_token_mismatch'],
    ['a bare address', 'https://app.example/cb', 'oauth1_token_mismatch'],
    ['no verifier', 'oauth_token=hdk48Djdsa', 'oauth1_verifier_missing'],
    ['an empty verifier', 'oauth_token=hdk48Djdsa&oauth_verifier=', 'oauth1_verifier_missing'],
    ['two tokens', 'oauth_token=hdk48Djdsa&oauth_token=other&oauth_verifier=v', 'oauth1_repeated_parameter'],
    ['two verifiers', 'oauth_token=hdk48Djdsa&oauth_verifier=v&oauth_verifier=v', 'oauth1_repeated_parameter'],
    ['a denial', 'denied=hdk48Djdsa', 'oauth1_denied'],
    ['a denial as a flag', 'oauth_token=hdk48Djdsa&denied=true', 'oauth1_denied'],
    [
      'a denial with a verifier',
      'denied=hdk48Djdsa&oauth_token=hdk48Djdsa&oauth_verifier=v',
      'oauth1_callback_contradictory',
    ],
    ['a denial of another flow', 'denied=other', 'oauth1_token_mismatch'],
    ['a denial in the words of OAuth 2', 'oauth_token=hdk48Djdsa&error=access_denied', 'oauth1_denied'],
    ['a refused permission', 'oauth_token=hdk48Djdsa&oauth_problem=permission_denied', 'oauth1_denied'],
    ['another problem', 'oauth_token=hdk48Djdsa&oauth_problem=token_expired', 'oauth1_callback_problem'],
    ['a problem of another flow', 'oauth_token=other&oauth_problem=user_refused', 'oauth1_token_mismatch'],
  ])('%s', async (_name, callback, code) => {
    expect((await failure(() => session.checkCallback(callback, temporary))).code).toBe(code);
  });

  test('what the problem says is not repeated unless it is a code', async () => {
    const error = await failure(() => session.checkCallback('oauth_problem=<script>alert(1)</script>', temporary));
    expect(`${inspect(error)}${JSON.stringify(error)}`).not.toContain('<script>');
  });

  test('an empty PIN', async () => {
    expect((await failure(() => session.authorizeWithPin(temporary, ' \n'))).code).toBe('oauth1_verifier_missing');
  });

  test('the token step takes only what was checked', async () => {
    const { provider, session: other } = setUp();
    const forged = { temporary, verifier: 'v' } as unknown as AuthorizedTemporaryCredentials;
    const checked = session.authorizeWithPin(temporary, 'v');
    const imitated = Object.create(Object.getPrototypeOf(checked)) as AuthorizedTemporaryCredentials;
    for (const value of [forged, imitated]) {
      expect((await failure(() => other.requestTokenCredentials(value))).code).toBe('oauth1_unproven_credentials');
    }
    // @ts-expect-error temporary credentials are no proof, and the compiler knows
    expect((await failure(() => other.requestTokenCredentials(temporary))).code).toBe('oauth1_unproven_credentials');
    expect(provider.calls).toHaveLength(0);
  });
});

describe('answers to the token request', () => {
  const ask = async (answer: () => Response, further: Partial<OAuth1ClientOptions> = {}) => {
    const { provider, session } = setUp(further);
    provider.script.push(answer);
    const temporary = TemporaryCredentials.from({ token: 'temporary-canary', tokenSecret: 'temporary-secret-canary' });
    return session.requestTokenCredentials(session.authorizeWithPin(temporary, 'verifier-canary'));
  };

  test.each([
    ['a form called HTML', 'oauth_token=a&oauth_token_secret=b&user_id=7\n', 'text/html'],
    ['a form called JSON', 'oauth_token=a&oauth_token_secret=b&user_id=7', 'application/json'],
    ['JSON called text', '\n{"oauth_token":"a","oauth_token_secret":"b","user_id":7}', 'text/plain'],
    [
      'JSON called a form',
      '{"oauth_token":"a","oauth_token_secret":"b","user_id":"7"}',
      'application/x-www-form-urlencoded',
    ],
  ])('%s', async (_name, body, type) => {
    const token = await ask(() => new Response(body, { headers: { 'content-type': type } }));
    expect(token.toPlain()).toEqual({ token: 'a', tokenSecret: 'b', parameters: { user_id: '7' } });
  });

  test('ids longer than a number is exact, nested values and null', async () => {
    const body =
      '{"oauth_token":"a","oauth_token_secret":"b\\"12345678901234567890","id":12345678901234567890,"o":{"x":[1]},"n":null,"f":1.5,"t":true}';
    const token = await ask(() => new Response(body));
    expect(token.tokenSecret).toBe('b"12345678901234567890');
    expect(token.parameters).toEqual({ id: '12345678901234567890', o: '{"x":[1]}', f: '1.5', t: 'true' });
  });

  test('an empty secret is a secret, as RSA services have it', async () => {
    expect((await ask(() => new Response('oauth_token=a&oauth_token_secret='))).tokenSecret).toBe('');
  });

  test('a decoder of one’s own sees the raw answer', async () => {
    const token = await ask(() => new Response('T:a|S:b', { headers: { 'x-kind': 'odd' } }), {
      decodeTokenResponse: ({ status, headers, body }) => {
        expect([status, headers['x-kind']]).toEqual([200, 'odd']);
        return { oauth_token: body.slice(2, 3), oauth_token_secret: body.slice(6) };
      },
    });
    expect(token).toMatchObject({ token: 'a', tokenSecret: 'b' });
    expect(token.response).toEqual({
      status: 200,
      headers: expect.objectContaining({ 'x-kind': 'odd' }),
      body: 'T:a|S:b',
    });
    const throwing = () => {
      throw new Error('verifier-canary');
    };
    const error = await failure(() => ask(() => new Response('x'), { decodeTokenResponse: throwing }));
    expect(error.code).toBe('oauth1_malformed_token_response');
    expect(inspect(error)).not.toContain('canary');
  });

  test.each([
    ['prose', 'not valid urlencoded response!'],
    ['HTML', '<html><body>oauth_token=a&oauth_token_secret=b</body></html>'],
    ['nothing', ''],
    ['half of JSON', '{"oauth_token":"a"'],
    ['a JSON list', '[]'],
    ['JSON null', 'null'],
    ['no secret', 'oauth_token=a'],
    ['an empty token', 'oauth_token=&oauth_token_secret=b'],
    ['two tokens', 'oauth_token=a&oauth_token=b&oauth_token_secret=c'],
  ])('malformed: %s', async (_name, body) => {
    const error = await failure(() => ask(() => new Response(body)));
    expect(error.code).toBe('oauth1_malformed_token_response');
    expect(error.cause).toMatchObject({ status: 200, evidence: expect.any(String) });
  });

  test('names from a provider cannot reach a prototype', async () => {
    const token = await ask(() => new Response('oauth_token=a&oauth_token_secret=b&__proto__=x&constructor=y'));
    expect(Object.getPrototypeOf(token.parameters)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test.each<[string, number, Record<string, string>, string, string | undefined]>([
    [
      'in the header',
      401,
      { 'WWW-Authenticate': 'OAuth realm="x", oauth_problem="token_rejected"' },
      '',
      'token_rejected',
    ],
    ['in the body', 401, {}, 'oauth_problem=token_expired&oauth_problem_advice=x', 'token_expired'],
    ['with status 200', 200, {}, 'oauth_problem=permission_unknown', 'permission_unknown'],
    ['in JSON', 403, {}, '{"errors":[{"message":"Bad","code":32}]}', '32'],
    ['in short JSON', 400, {}, '{"error":"invalid"}', 'invalid'],
    ['nowhere', 503, {}, '<html>Down</html>', undefined],
    ['that is no code', 400, {}, 'oauth_problem=<script>', undefined],
  ])('a refusal that says why %s', async (_name, status, headers, body, problem) => {
    const error = await failure(() => ask(() => new Response(body, { status, headers })));
    expect(error).toBeInstanceOf(TokenRequestRefused);
    expect(error).toMatchObject({ code: 'oauth1_token_request_refused', status, problem, response: { status, body } });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'oauth1_token_request_refused', status });
  });

  test('the evidence is short, printable and free of secrets', async () => {
    const body = [
      'Bad \u0000\u001b[31m signature. Base string: POST&x&oauth_token%3Dtemporary-canary%26oauth_verifier%3Dverifier-canary',
      '"oauth_token_secret": "other-canary", client_secret=client-secret-canary; key client-secret-canary&temporary-secret-canary',
      'x'.repeat(10_000),
    ].join(' ');
    const error = await failure(() => ask(() => new Response(body, { status: 401 })));
    expect(error).toBeInstanceOf(TokenRequestRefused);
    const { evidence } = error as TokenRequestRefused;
    expect(evidence.length).toBeLessThanOrEqual(200);
    expect(evidence).toMatch(/^[\x20-\x7e]*$/);
    for (const text of [
      evidence,
      error.message,
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
    ]) {
      expect(text).not.toContain('canary');
    }
  });

  test('an answer of a megabyte is cut off, not read', async () => {
    let pulled = 0;
    const endless = () =>
      new ReadableStream({
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(16 * 1024).fill(0x61));
        },
      });
    const error = await failure(() => ask(() => new Response(endless())));
    expect(error.code).toBe('oauth1_token_response_too_large');
    expect(pulled).toBeLessThan(10);
    expect((await failure(() => ask(() => new Response('a'.repeat(1_000_000))))).code).toBe(
      'oauth1_token_response_too_large',
    );
  });

  test('no answer is slow to read, however it is built', async () => {
    const started = performance.now();
    const pieces = [
      '"\\"',
      '{"',
      '"errors":[{',
      '{"a":"\\',
      '12345678901234567',
      'oauth_token=',
      'secret:',
      ' ',
      '&',
      '%',
    ];
    for (const piece of pieces) {
      const body = `{${piece.repeat(60_000 / piece.length)}`;
      for (const text of [body, body.slice(1), `${body}\\`]) {
        const error = await failure(() => ask(() => new Response(text, { status: 400 })));
        expect(error.code).toBe('oauth1_token_request_refused');
        expect((await failure(() => ask(() => new Response(text)))).code).toBe('oauth1_malformed_token_response');
      }
    }
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('an abort ends a slow answer', async () => {
    const { provider, session } = setUp();
    const aborter = new AbortController();
    provider.script.push(() => {
      queueMicrotask(() => aborter.abort(new Error('enough')));
      return new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }));
    });
    const error = await failure(() => session.requestTemporaryCredentials({ callback: 'oob', signal: aborter.signal }));
    expect(error.message).toBe('enough');
  });

  test('an abort while an answer drips ends it too', async () => {
    const { provider, session } = setUp();
    const aborter = new AbortController();
    const pull = () => {
      setImmediate(() => aborter.abort(new Error('enough')));
      return new Promise<void>(() => undefined);
    };
    provider.script.push(() => new Response(new ReadableStream({ pull }, { highWaterMark: 0 })));
    const error = await failure(() => session.requestTemporaryCredentials({ callback: 'oob', signal: aborter.signal }));
    expect(error.message).toBe('enough');
  });

  test('what the injected fetch throws passes through', async () => {
    const down = new Error('no route');
    const error = await failure(() => ask(() => Promise.reject(down) as never));
    expect(error).toBe(down);
  });
});

describe('objects with secrets', () => {
  const temporary = TemporaryCredentials.from({ token: 'canary-1', tokenSecret: 'canary-2' });
  const token = TokenCredentials.from({
    token: 'canary-3',
    tokenSecret: 'canary-4',
    sessionHandle: 'canary-5',
    parameters: { user_id: 'canary-6' },
  });
  const session = new OAuth1Session({
    ...CLIENT,
    clientSecret: 'canary-7',
    credentials: token,
    fetch: async () => new Response(),
  });
  const authorized = session.authorizeWithPin(temporary, 'canary-8');

  test.each([
    ['temporary', temporary],
    ['token', token],
    ['authorized', authorized],
    ['session', session],
  ])('%s prints without them', (_name, value) => {
    for (const text of [
      inspect(value, { depth: 9, showHidden: true }),
      inspect({ nested: [value] }, { depth: 9 }),
      JSON.stringify({ value }),
      String(value),
      Object.values(value).join(),
    ]) {
      expect(text).not.toContain('canary');
    }
  });

  test('and say what they are', () => {
    expect(inspect(token)).toContain("token: '[redacted]'");
    expect(JSON.parse(JSON.stringify(token))).toEqual({
      token: '[redacted]',
      tokenSecret: '[redacted]',
      parameters: ['user_id'],
    });
  });

  test('survive being stored', () => {
    const again = TokenCredentials.from(JSON.parse(JSON.stringify(token.toPlain())));
    expect(again.toPlain()).toEqual(token.toPlain());
    expect(again.expiresAt).toBeUndefined();
    expect(again.response).toBeUndefined();
  });

  test.each([{}, { token: '' }, { token: 'a' }, { token: 'a', tokenSecret: 5 }, null])(
    '%j is no credentials',
    (plain) => {
      for (const type of [TokenCredentials, TemporaryCredentials]) {
        expect(() => type.from(plain as never)).toThrow(
          expect.objectContaining({ code: 'oauth1_invalid_credentials' }),
        );
      }
    },
  );

  test('an OAuth1Error keeps its shape in JSON', () => {
    const error = new OAuth1Error('oauth1_denied', 'No.', { a: 1 });
    expect(JSON.parse(JSON.stringify(error))).toEqual({ name: 'OAuth1Error', code: 'oauth1_denied', message: 'No.' });
    expect(error.cause).toEqual({ a: 1 });
  });
});
