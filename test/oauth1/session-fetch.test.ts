import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type OAuth1ClientOptions,
  type OAuth1Error,
  OAuth1Session,
  TokenCredentials,
  verifyRequest,
} from '../../src/oauth1/index.js';
import { CLIENT, ENDPOINTS, TestProvider } from './test-provider.js';

const NOW = 1_700_000_000_000;

async function setUp(further: Partial<OAuth1ClientOptions> = {}) {
  const provider = new TestProvider(() => NOW);
  const options = { ...CLIENT, endpoints: ENDPOINTS, fetch: provider.fetch, now: () => NOW, ...further };
  const flow = new OAuth1Session({ ...CLIENT, endpoints: ENDPOINTS, fetch: provider.fetch, now: () => NOW });
  const temporary = await flow.requestTemporaryCredentials({ callback: 'oob' });
  const pin = provider.authorize(flow.authorizationUrl(temporary));
  const credentials = await flow.requestTokenCredentials(flow.authorizeWithPin(temporary, pin));
  provider.calls.length = 0;
  return { provider, session: new OAuth1Session({ ...options, credentials }) };
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => 'nothing thrown',
    (error: OAuth1Error) => error.code ?? error,
  );
}

const redirectTo =
  (location: string, status = 302) =>
  () =>
    new Response('moved', { status, headers: { location } });

describe('takes what fetch takes', () => {
  const url = 'https://api.example.com/statuses/update.json?include=a%20b';

  test.each<[string, () => [Request | URL | string, RequestInit?], [string, string][]]>([
    ['a string', () => [url], [['include', 'a b']]],
    ['a URL', () => [new URL(url), {}], [['include', 'a b']]],
    ['a Request', () => [new Request(url, { headers: { accept: 'text/x' } })], [['include', 'a b']]],
    [
      'parameters',
      () => [url, { method: 'POST', body: new URLSearchParams({ status: 'é +' }) }],
      [
        ['include', 'a b'],
        ['status', 'é +'],
      ],
    ],
    [
      'a Request with parameters',
      () => [new Request(url, { method: 'POST', body: new URLSearchParams({ status: 'é +' }) })],
      [
        ['include', 'a b'],
        ['status', 'é +'],
      ],
    ],
    [
      'a form as bytes',
      () => [
        url,
        {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: Buffer.from('a=%C3%A9'),
        },
      ],
      [
        ['include', 'a b'],
        ['a', 'é'],
      ],
    ],
    ['text', () => [url, { method: 'POST', body: 'status=1' }], [['include', 'a b']]],
    [
      'JSON',
      () => [url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"a":1}' }],
      [['include', 'a b']],
    ],
  ])('%s', async (_name, call, parameters) => {
    const { provider, session } = await setUp();
    const answer = await session.fetch(...call());
    expect(answer.status).toBe(200);
    expect(provider.calls[0]?.verified?.parameters).toEqual(parameters);
    expect(provider.calls[0]?.verified?.placement).toBe('header');
  });

  test('init wins over the Request, and what it does not know is handed on', async () => {
    const { provider, session } = await setUp();
    const init = {
      method: 'DELETE',
      headers: { 'x-a': '1' },
      keepalive: true,
      dispatcher: 'mine',
    } as unknown as RequestInit;
    await session.fetch(new Request(url, { method: 'PUT', headers: { 'x-b': '2' } }), init);
    const sent = provider.calls[0]?.init;
    expect(sent).toMatchObject({ method: 'DELETE', keepalive: true, dispatcher: 'mine' });
    expect(sent?.headers).toEqual({ 'x-a': '1', Authorization: expect.stringMatching(/^OAuth /) });
  });

  test('FormData, blobs and streams arrive byte for byte and are not signed', async () => {
    const seen: Request[] = [];
    const watching = new OAuth1Session({
      ...CLIENT,
      fetch: async (input, init) => {
        seen.push(new Request(input, init));
        return new Response();
      },
    });
    const upload = new FormData();
    upload.append('media', new Blob([new Uint8Array([0, 255, 1])], { type: 'image/png' }), 'a.png');
    await watching.fetch(url, { method: 'POST', body: upload });
    const media = (await seen[0]?.formData())?.get('media');
    expect(media).toBeInstanceOf(Blob);
    expect(new Uint8Array(await new Response(media as Blob).arrayBuffer())).toEqual(new Uint8Array([0, 255, 1]));
    await watching.fetch(url, { method: 'POST', body: new Blob(['x'], { type: 'image/gif' }) });
    expect(seen[1]?.headers.get('content-type')).toBe('image/gif');
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('one'));
        controller.close();
      },
    });
    await watching.fetch(url, { method: 'POST', body: stream, duplex: 'half' });
    expect(await seen[2]?.text()).toBe('one');
    for (const [body, text] of [
      [new Uint8Array([104, 105]), 'hi'],
      [new Uint8Array([104, 105]).buffer, 'hi'],
      [new DataView(new Uint8Array([120, 104]).buffer, 1), 'h'],
    ] as const) {
      await watching.fetch(url, { method: 'POST', body });
      expect(await seen.at(-1)?.text()).toBe(text);
    }
  });

  test('a form that is no UTF-8 is refused, not mangled', async () => {
    const { provider, session } = await setUp();
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from([0x61, 0x3d, 0xff]),
    };
    expect(await codeOf(session.fetch(url, init))).toBe('oauth1_form_body_undecodable');
    expect(provider.calls).toHaveLength(0);
  });

  test('an abort reaches the injected fetch', async () => {
    const { session } = await setUp();
    await expect(session.fetch(url, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    const request = new Request(url, { signal: AbortSignal.abort(new Error('enough, too')) });
    await expect(session.fetch(request)).rejects.toThrow('enough, too');
  });

  test('the answer is the one of the injected fetch, body unread', async () => {
    const { provider, session } = await setUp();
    const answer = new Response('x', { status: 418 });
    provider.script.push(() => answer);
    expect(await session.fetch(url)).toBe(answer);
    expect(answer.bodyUsed).toBe(false);
  });

  test('two-legged calls have no token', async () => {
    const provider = new TestProvider(() => NOW);
    const session = new OAuth1Session({ ...CLIENT, fetch: provider.fetch, now: () => NOW });
    expect(await (await session.fetch(url)).json()).toMatchObject({ token: null });
  });

  test('body placement: forms carry the parameters, everything else has them in the query', async () => {
    const { provider, session } = await setUp({ placement: 'body' });
    await session.fetch(url, { method: 'POST', body: new URLSearchParams('a=1') });
    await session.fetch(url);
    await session.fetch(url, { method: 'POST', body: '{}' });
    expect(provider.calls.map(({ verified }) => verified?.placement)).toEqual(['body', 'query', 'query']);
  });

  test('a hook may add a body or change the method, but not replace bytes', async () => {
    const { provider, session } = await setUp({
      beforeSigning: (request) => ({ ...request, method: 'PUT', body: 'theirs' }),
    });
    await session.fetch(url);
    await session.fetch(url, { method: 'POST', body: new Uint8Array([1]) });
    expect(provider.calls.map(({ init }) => [init.method, init.body])).toEqual([
      ['PUT', 'theirs'],
      ['PUT', new Uint8Array([1])],
    ]);
  });

  test('relative addresses are resolved against the base, and cannot leave it', async () => {
    const { provider, session } = await setUp({ baseUrl: 'https://api.example.com/1.1/' });
    for (const address of ['me.json?a=1', '/1.1/me.json?a=1', '?a=1', 'https://other.example/me.json?a=1']) {
      expect((await session.fetch(address)).status).toBe(200);
    }
    expect(provider.calls.map(({ url: sent }) => sent)).toEqual([
      'https://api.example.com/1.1/me.json?a=1',
      'https://api.example.com/1.1/me.json?a=1',
      'https://api.example.com/1.1/?a=1',
      'https://other.example/me.json?a=1',
    ]);
    for (const address of ['//evil.example/', '/\\evil.example/']) {
      expect(await codeOf(session.fetch(address))).toBe('oauth1_origin_not_allowed');
    }
    expect(provider.calls).toHaveLength(4);
  });

  test('a deadline covers the call, its body, and token requests', async () => {
    const hang = (_url: string, init: RequestInit) =>
      new Promise<Response>((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    const { provider, session } = await setUp({ timeoutMs: 20 });
    provider.script.push(hang, hang, () => new Response(new ReadableStream()));
    await expect(session.fetch(url)).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(session.fetch(url, { signal: new AbortController().signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const dripping = session.requestTemporaryCredentials({ callback: 'oob' });
    await expect(dripping).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('a session with credentials is made from the one of the flow', async () => {
    const provider = new TestProvider(() => NOW);
    provider.skewMs = 3_600_000;
    const flow = new OAuth1Session({ ...CLIENT, endpoints: ENDPOINTS, fetch: provider.fetch, now: () => NOW });
    const temporary = await flow.requestTemporaryCredentials({ callback: 'oob' });
    const pin = provider.authorize(flow.authorizationUrl(temporary));
    const ready = flow.withCredentials(await flow.requestTokenCredentials(flow.authorizeWithPin(temporary, pin)));
    provider.calls.length = 0;
    expect(await (await ready.fetch(url)).json()).toMatchObject({ token: 'token2' });
    // It knows the provider's time already.
    expect(provider.calls).toHaveLength(1);
  });

  test('a body hash covers bytes as well as text, and the method decides the hash', async () => {
    const { provider, session } = await setUp({ bodyHash: true, signatureMethod: 'HMAC-SHA256' });
    const content = new Uint8Array([0, 255, 7]);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(content);
        controller.close();
      },
    });
    for (const body of [content, new Blob([content]), stream, 'text']) {
      await session.fetch(url, { method: 'POST', body, duplex: 'half' });
      const expected = createHash('sha256')
        .update(body === 'text' ? 'text' : content)
        .digest('base64');
      expect(provider.calls.at(-1)?.verified?.protocolParameters.oauth_body_hash).toBe(expected);
    }
    await session.fetch(url, { method: 'POST', body: new URLSearchParams('a=1') });
    expect(provider.calls.at(-1)?.verified?.protocolParameters).not.toHaveProperty('oauth_body_hash');
  });

  test('a hook may change what is signed, for every attempt anew', async () => {
    const { provider, session } = await setUp({
      beforeSigning: (request) => ({
        ...request,
        url: `${request.url}&key=v`,
        headers: { ...request.headers, 'x-key': '1' },
      }),
    });
    provider.script.push(redirectTo('/elsewhere?x=1'));
    await session.fetch(url);
    expect(provider.calls[1]?.verified?.parameters).toEqual([
      ['x', '1'],
      ['key', 'v'],
    ]);
    expect(provider.calls[1]?.init.headers).toMatchObject({ 'x-key': '1' });
  });
});

describe('where credentials go', () => {
  test.each([
    ['http://api.example.com/r', 'oauth1_insecure_transport'],
    ['http://localhost.example.com/r', 'oauth1_insecure_transport'],
    ['http://10.0.0.1/r', 'oauth1_insecure_transport'],
    ['https://evil.example/r', 'oauth1_origin_not_allowed'],
    ['https://api.example.com:8443/r', 'oauth1_origin_not_allowed'],
    ['https://api.example.com.evil.example/r', 'oauth1_origin_not_allowed'],
    ['https://user:pw@api.example.com/r', 'oauth1_credentials_in_url'],
    ['ftp://api.example.com/r', 'oauth1_unsupported_scheme'],
    ['/r', 'oauth1_invalid_url'],
  ])('not to %s', async (url, code) => {
    const { provider, session } = await setUp({ allowedOrigins: ['https://api.example.com'] });
    expect(await codeOf(session.fetch(url))).toBe(code);
    expect(provider.calls).toHaveLength(0);
  });

  test.each([
    'https://API.example.com:443/r',
    'http://localhost:4000/r',
    'http://127.0.0.1:4000/r',
    'http://[::1]:4000/r',
  ])('but to %s', async (url) => {
    const allowedOrigins = [
      'https://api.example.com/',
      'http://localhost:4000',
      'http://127.0.0.1:4000',
      'http://[::1]:4000',
    ];
    const { session } = await setUp({ allowedOrigins });
    expect((await session.fetch(url)).status).toBe(200);
  });

  test('the flow itself does not need its endpoints among the origins of the API', async () => {
    const { session } = await setUp({ allowedOrigins: ['https://other.example'] });
    await expect(session.requestTemporaryCredentials({ callback: 'oob' })).resolves.toBeDefined();
  });

  test('a hook cannot lead elsewhere', async () => {
    const { provider, session } = await setUp({
      allowedOrigins: ['https://api.example.com'],
      beforeSigning: (request) => ({ ...request, url: 'https://evil.example/' }),
    });
    expect(await codeOf(session.fetch('https://api.example.com/r'))).toBe('oauth1_origin_not_allowed');
    expect(provider.calls).toHaveLength(0);
  });
});

describe('redirects', () => {
  const url = 'https://api.example.com/old?x=1';

  test.each(['header', 'query', 'body'] as const)(
    'on the same origin are signed anew, parameters in the %s',
    async (placement) => {
      const { provider, session } = await setUp({ placement });
      provider.script.push((sent) => redirectTo(`/new?y=2&${sent.split('?')[1]}`, 307)());
      const answer = await session.fetch(url, { method: 'POST', body: new URLSearchParams('z=3') });
      expect(answer.status).toBe(200);
      expect(provider.calls[1]?.verified?.parameters).toEqual([
        ['y', '2'],
        ['x', '1'],
        ['z', '3'],
      ]);
      const header = (index: number) => JSON.stringify([provider.calls[index]?.url, provider.calls[index]?.init]);
      expect(/oauth_nonce[^a-z]+(\w+)/.exec(header(0))?.[1]).not.toBe(/oauth_nonce[^a-z]+(\w+)/.exec(header(1))?.[1]);
    },
  );

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [302, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
  ])('%i turns %s into %s, as fetch does', async (status, method, then) => {
    const { provider, session } = await setUp();
    provider.script.push(redirectTo('/new', status));
    const hasBody = method !== 'HEAD';
    await session.fetch(url, { method, ...(hasBody ? { body: 'text' } : {}) });
    expect(provider.calls[1]?.init.method).toBe(then);
    const kept = hasBody && then !== 'GET';
    expect(provider.calls[1]?.init.body).toBe(kept ? 'text' : null);
    expect(Object.keys(provider.calls[1]?.init.headers ?? {}).includes('content-type')).toBe(kept);
  });

  test.each([
    'https://evil.example/new',
    'http://api.example.com/new',
    'https://api.example.com:8443/new',
    '//evil.example/new',
    'https://user@api.example.com/new',
    'javascript:alert(1)',
    'http://[',
  ])('not to %s', async (location) => {
    const { provider, session } = await setUp();
    provider.script.push(redirectTo(location));
    expect(await codeOf(session.fetch(url))).toBe('oauth1_redirect_refused');
    expect(provider.calls).toHaveLength(1);
  });

  test('the caller may want to see them, or none at all', async () => {
    const { provider, session } = await setUp();
    provider.script.push(
      redirectTo('https://evil.example/'),
      redirectTo('/new'),
      () => new Response(null, { status: 304 }),
    );
    expect((await session.fetch(url, { redirect: 'manual' })).status).toBe(302);
    expect(await codeOf(session.fetch(url, { redirect: 'error' }))).toBe('oauth1_redirect_refused');
    expect((await session.fetch(url)).status).toBe(304);
  });

  test('a location is asked for as it was given', async () => {
    const { provider, session } = await setUp();
    provider.script.push(redirectTo('/new??a=%20+b&c'));
    await session.fetch(url);
    expect(provider.calls[1]?.url).toBe('https://api.example.com/new??a=%20+b&c');
  });

  test('end after five', async () => {
    const { provider, session } = await setUp();
    provider.script.push(...Array.from({ length: 9 }, () => redirectTo('/again')));
    expect(await codeOf(session.fetch(url))).toBe('oauth1_too_many_redirects');
    expect(provider.calls).toHaveLength(6);
  });

  test('a stream cannot be sent twice', async () => {
    const { provider, session } = await setUp();
    provider.script.push(redirectTo('/new', 307));
    const body = new ReadableStream({ start: (controller) => controller.close() });
    expect(await codeOf(session.fetch(url, { method: 'POST', body, duplex: 'half' }))).toBe(
      'oauth1_body_not_replayable',
    );
  });

  test('answers that are passed over are let go', async () => {
    const { provider, session } = await setUp();
    let cancelled = 0;
    const held = () => new ReadableStream({ cancel: () => void cancelled++ });
    provider.script.push(() => new Response(held(), { status: 302, headers: { location: '/new' } }));
    await session.fetch(url);
    provider.script.push(() => new Response(held(), { status: 302, headers: { location: 'https://evil.example/' } }));
    await codeOf(session.fetch(url));
    expect(cancelled).toBe(2);
  });
});

describe('the clock', () => {
  const url = 'https://api.example.com/r';
  const date = (offsetMs: number) => new Date(NOW + offsetMs).toUTCString();
  const timestampOf = (init: RequestInit | undefined) =>
    Number(/oauth_timestamp="(\d+)"/.exec(JSON.stringify(init?.headers).replaceAll('\\', ''))?.[1]);

  test.each([-3_600_000, 3_600_000])(
    'is corrected from the Date header when the time is refused (%i ms)',
    async (skewMs) => {
      const { provider, session } = await setUp();
      provider.skewMs = skewMs;
      expect((await session.fetch(url)).status).toBe(200);
      expect(provider.calls.map(({ verified }) => verified !== undefined)).toEqual([false, true]);
      expect((await session.fetch(url)).status).toBe(200);
      expect(provider.calls).toHaveLength(3);
      expect(timestampOf(provider.calls[2]?.init)).toBe((NOW + skewMs) / 1000);
    },
  );

  test('in the flow too, with a fresh nonce', async () => {
    const { provider, session } = await setUp();
    provider.skewMs = 900_000;
    await session.requestTemporaryCredentials({ callback: 'oob' });
    const nonces = provider.calls.map(
      ({ init }) => /oauth_nonce="(\w+)"/.exec(JSON.stringify(init.headers).replaceAll('\\', ''))?.[1],
    );
    expect(new Set(nonces).size).toBe(2);
  });

  test.each<[string, number, Record<string, string>, string, boolean]>([
    ['a small difference, when the body names it', 400, { date: date(5_000) }, 'oauth_problem=timestamp_refused', true],
    [
      'a small difference, when the header names it',
      403,
      { date: date(-5_000), 'www-authenticate': 'OAuth oauth_problem="timestamp_refused"' },
      '',
      true,
    ],
    ['a large difference with a bare 401', 401, { date: date(61_000) }, '{"errors":[{"code":135}]}', true],
    ['not a small difference with a bare 401', 401, { date: date(59_000) }, 'no', false],
    ['not a large difference with 400', 400, { date: date(3_600_000) }, 'no', false],
    ['not another problem', 400, { date: date(3_600_000) }, 'oauth_problem=nonce_used', false],
    ['not a difference nobody can measure', 401, { date: date(1_000) }, 'oauth_problem=timestamp_refused', false],
    ['not a Date before OAuth was invented', 401, { date: 'Thu, 01 Jan 1970 00:00:00 GMT' }, 'no', false],
    ['not a broken Date', 401, { date: 'yesterday' }, 'oauth_problem=timestamp_refused', false],
    ['not a success', 200, { date: date(3_600_000) }, 'oauth_problem=timestamp_refused', false],
    [
      'not an endless body',
      400,
      { date: date(5_000) },
      `oauth_problem=timestamp_refused&x=${'x'.repeat(10_000)}`,
      false,
    ],
  ])('%s', async (_name, status, headers, body, corrected) => {
    const { provider, session } = await setUp();
    provider.script.push(() => new Response(body, { status, headers }));
    const answer = await session.fetch(url);
    expect(provider.calls).toHaveLength(corrected ? 2 : 1);
    // What is handed to the caller can still be read.
    if (!corrected) expect(await answer.text()).toBe(body);
  });

  test('once per call, whatever the provider says', async () => {
    const { provider, session } = await setUp();
    const refuse = (offset: number) => () => new Response('no', { status: 401, headers: { date: date(offset) } });
    provider.script.push(refuse(3_600_000), refuse(7_200_000), refuse(9_000_000));
    expect((await session.fetch(url)).status).toBe(401);
    expect(provider.calls).toHaveLength(2);
  });

  test('a stream is not sent again, but the next call knows the time', async () => {
    const { provider, session } = await setUp();
    provider.skewMs = 3_600_000;
    const body = new ReadableStream({ start: (controller) => controller.close() });
    expect((await session.fetch(url, { method: 'POST', body, duplex: 'half' })).status).toBe(401);
    expect((await session.fetch(url)).status).toBe(200);
    expect(provider.calls).toHaveLength(2);
  });
});

test('over a real socket, with the platform’s own fetch', async () => {
  const nonceStore = { claim: () => Promise.resolve(true) };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { port } = server.address() as AddressInfo;
      const outcome = await verifyRequest(
        {
          method: request.method ?? '',
          url: `http://localhost:${port}${request.url}`,
          headers: request.headers,
          body: Buffer.concat(chunks),
        },
        { clientSecret: () => CLIENT.clientSecret, tokenSecret: () => 's' },
        { methods: ['HMAC-SHA1'], nonceStore },
      );
      if (request.url?.startsWith('/moved')) response.writeHead(307, { location: '/r?b=2' }).end();
      else response.writeHead(outcome.verified ? 200 : 401).end(JSON.stringify(outcome));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const credentials = TokenCredentials.from({ token: 't', tokenSecret: 's' });
    const session = new OAuth1Session({ ...CLIENT, credentials, fetch });
    const upload = new FormData();
    upload.append('a', 'b');
    const stream = new Blob(['streamed']).stream();
    for (const [path, init] of [
      ['/r?a=%C3%A9+1', {}],
      ['/moved', { method: 'POST', body: new URLSearchParams({ q: '~!*()' }) }],
      ['/moved', { method: 'POST', body: upload }],
      ['/r', { method: 'PUT', body: stream, duplex: 'half' }],
    ] as [string, RequestInit][]) {
      const answer = await session.fetch(`http://localhost:${port}${path}`, init);
      expect([path, answer.status]).toEqual([path, 200]);
      await answer.text();
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
