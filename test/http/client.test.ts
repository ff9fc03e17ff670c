import { gzipSync } from 'node:zlib';
import { MockAgent } from 'undici';
import { HttpClient } from '../../src/http/index.js';
import { closeServers, httpServer, rawServer, refusedPort } from './servers.js';
import { failure } from './settled.js';

let client: HttpClient;
beforeEach(() => {
  client = new HttpClient({ connectMs: 2_000, deadlineMs: 4_000 });
});
afterEach(async () => {
  await closeServers();
  await client.close();
});

describe('a response', () => {
  it('is a global Response and says the same as the built-in fetch does', async () => {
    const server = await httpServer((request, response) => {
      const answers: Record<string, () => void> = {
        '/json': () => response.setHeader('content-type', 'application/json').end('{"é":1}'),
        '/created': () =>
          response
            .writeHead(
              201,
              'Made Up',
              [
                ['X-Twice', 'a'],
                ['X-Twice', 'b'],
              ].flat(),
            )
            .end('x'),
        '/cookies': () => response.setHeader('set-cookie', ['a=1; Path=/', 'b=2, c=3']).end(),
        '/none': () => response.writeHead(204).end(),
        '/unchanged': () => response.writeHead(304, { etag: '"1"' }).end(),
        '/gzip': () => response.setHeader('content-encoding', 'gzip').end(gzipSync('packed')),
        '/redirect': () => response.writeHead(302, { location: 'https://elsewhere.example/?code=1' }).end('moved'),
        '/failed': () => response.writeHead(500).end('sorry'),
        '/latin1': () => response.setHeader('x-name', 'J\u00fcrgen').end(),
      };
      response.sendDate = false;
      answers[request.url ?? '']?.();
    });
    const ours = client.fetch();
    const seen = async (
      fetchFunction: typeof fetch | ReturnType<HttpClient['fetch']>,
      path: string,
      method: string,
    ) => {
      const response = await fetchFunction(server.origin + path, { method, redirect: 'manual' });
      return {
        isResponse: response instanceof globalThis.Response,
        status: response.status,
        statusText: response.statusText,
        ok: response.ok,
        headers: [...response.headers].filter(([name]) => name !== 'connection' && name !== 'keep-alive'),
        cookies: response.headers.getSetCookie(),
        hasBody: response.body !== null,
        text: await response.text(),
      };
    };
    const paths = ['json', 'created', 'cookies', 'none', 'unchanged', 'gzip', 'redirect', 'failed', 'latin1'];
    for (const path of paths) {
      expect(await seen(ours, `/${path}`, 'GET')).toEqual(await seen(fetch, `/${path}`, 'GET'));
    }
    expect(await seen(ours, '/gzip', 'HEAD')).toMatchObject({ isResponse: true, status: 200, text: '' });
  });

  it('with 205 or an odd reason phrase is accepted', async () => {
    const server = await rawServer((socket, head) => {
      const [reset, odd] = ['205 Reset Content\r\nContent-Length: 0', '200 J\u00fcrgen\r\nContent-Length: 2'];
      socket.end(`HTTP/1.1 ${head.startsWith('GET /reset') ? `${reset}\r\n\r\n` : `${odd}\r\n\r\nok`}`, 'latin1');
    });
    const reset = await client.fetch()(`${server.origin}/reset`);
    expect([reset.status, reset.body]).toEqual([205, null]);
    const odd = await client.fetch()(`${server.origin}/odd`);
    expect([odd.status, odd.statusText, await odd.text()]).toEqual([200, '', 'ok']);
  });

  it.each(['identity', 'gzip'])('owns the memory of its chunks (%s)', async (coding) => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
    const server = await httpServer((_request, response) => {
      response.setHeader('content-encoding', coding).end(coding === 'gzip' ? gzipSync(bytes) : bytes);
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await client.fetch()(server.origin)).body ?? []) {
      expect(chunk.byteLength).toBe(chunk.buffer.byteLength);
      chunks.push(structuredClone(chunk, { transfer: [chunk.buffer] }));
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('follows interim responses', async () => {
    const server = await rawServer((socket) => {
      socket.end('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    expect(await (await client.fetch()(server.origin)).text()).toBe('ok');
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('%i is handed over and never followed', async (status) => {
    const elsewhere = await rawServer((socket) => socket.end());
    const server = await httpServer((_request, response) => {
      response.writeHead(status, { location: `${elsewhere.origin}/steal` }).end();
    });
    const response = await client.fetch()(server.origin, {
      method: 'POST',
      body: 'x',
      headers: { authorization: 'Bearer secret' },
      redirect: 'follow',
    });
    expect([response.status, response.headers.get('location')]).toEqual([status, `${elsewhere.origin}/steal`]);
    expect(elsewhere.sockets).toHaveLength(0);
  });
});

describe('a request', () => {
  it('goes out once, even when the server drops it', async () => {
    const server = await rawServer((socket) => socket.destroy());
    const error = await failure(client.fetch()(server.origin));
    expect([error.code, error.sent]).toEqual(['http_reset', true]);
    expect(server.heads).toHaveLength(1);
  });

  it('keeps no cookies and adds only the usual header fields', async () => {
    const server = await rawServer((socket) => {
      socket.end('HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    await client.fetch()(server.origin);
    await client.fetch()(`${server.origin}/a%2Fb?x=%20&y=1#fragment`, {
      headers: { 'User-Agent': 'mine', 'X-One': '1' },
    });
    expect(server.heads[0]?.split('\r\n')).toEqual([
      'GET / HTTP/1.1',
      `host: 127.0.0.1:${server.port}`,
      'connection: keep-alive',
      'accept: */*',
      'accept-encoding: gzip, deflate, br',
      'user-agent: latchkey',
    ]);
    const second = server.heads[1]?.split('\r\n') ?? [];
    expect(second[0]).toBe('GET /a%2Fb?x=%20&y=1 HTTP/1.1');
    expect(second).toEqual(expect.arrayContaining(['user-agent: mine', 'x-one: 1']));
    expect(second.filter((line) => /^(cookie|user-agent):/i.test(line))).toHaveLength(1);
  });

  it('takes a Request, with init winning over it', async () => {
    const server = await httpServer(async (request, response) => {
      const chunks = await request.toArray();
      response.setHeader('x-length', request.headers['content-length'] ?? 'chunked');
      response.end(`${request.method} ${request.headers['x-a']} ${Buffer.concat(chunks)}`);
    });
    const request = () => new Request(server.origin, { method: 'PUT', headers: { 'x-a': '1' }, body: 'from request' });
    const plain = await client.fetch()(request());
    expect([await plain.text(), plain.headers.get('x-length')]).toEqual(['PUT 1 from request', '12']);
    const changed = await client.fetch()(request(), { method: 'POST', headers: { 'x-a': '2' }, body: 'from init' });
    expect(await changed.text()).toBe('POST 2 from init');
    const url = await client.fetch()(new URL(server.origin), { method: 'patch' });
    expect(await url.text()).toBe('PATCH undefined ');
  });

  it.each([
    ['a forbidden method', { method: 'TRACE' }],
    ['CONNECT', { method: 'connect' }],
    ['a method with a line break', { method: 'GET\r\nX' }],
    ['a body on GET', { body: 'x' }],
    ['a body on HEAD', { method: 'HEAD', body: new URLSearchParams('a=1') }],
    ['a wrong content length', { method: 'POST', body: 'four', headers: { 'content-length': '9' } }],
    ['an invalid content length', { method: 'POST', body: 'four', headers: { 'content-length': '4, 4' } }],
  ])('is refused before it is sent: %s', async (_what, init) => {
    const server = await rawServer((socket) => socket.end());
    const error = await failure(client.fetch()(server.origin, init));
    expect([error.code, error.sent]).toEqual(['http_invalid_request', false]);
    expect(server.heads).toHaveLength(0);
  });

  it.each([
    'Host',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Upgrade',
    'Expect',
    'TE',
    'Trailer',
    'Proxy-Connection',
  ])('must not frame or route itself by %s', async (name) => {
    const server = await rawServer((socket) => socket.end());
    const error = await failure(client.fetch()(server.origin, { method: 'POST', headers: { [name]: 'chunked' } }));
    expect([error.code, error.sent]).toEqual(['http_invalid_request', false]);
    expect(server.sockets).toHaveLength(0);
  });

  it('cannot smuggle a line break, and the refusal does not repeat the value', async () => {
    const server = await rawServer((socket) => socket.end());
    const headers = { authorization: 'Bearer s3cret\r\nX-Evil: 1' };
    const error = await failure(client.fetch()(server.origin, { headers }));
    expect(error.code).toBe('http_invalid_request');
    expect(`${error.stack}${JSON.stringify(error)}${error.cause}`).not.toContain('s3cret');
    expect(server.sockets).toHaveLength(0);
  });
});

describe('errors', () => {
  it('name the host and nothing else of the request', async () => {
    const port = await refusedPort();
    const error = await failure(
      client.fetch()(`http://127.0.0.1:${port}/p4th?token=qu3ry`, {
        method: 'POST',
        headers: { authorization: 'h3ader' },
        body: 'b0dy',
      }),
    );
    expect(error).toMatchObject({
      name: 'HttpError',
      code: 'http_unreachable',
      host: `127.0.0.1:${port}`,
      phase: 'connect',
      sent: false,
      message: `127.0.0.1:${port} cannot be reached: it refused the connection`,
      cause: { code: 'ECONNREFUSED' },
    });
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/p4th|qu3ry|h3ader|b0dy/);
  });

  it('tell an unknown name from a refusal', async () => {
    const error = await failure(client.fetch()('https://latchkey-test.invalid/'));
    expect([error.code, error.sent]).toEqual(['http_unreachable', false]);
    expect(error.message).toMatch(/^latchkey-test\.invalid cannot be reached: its name /);
  });
});

describe('close', () => {
  it('lets running requests end, refuses new ones and may be repeated', async () => {
    const server = await httpServer((request, response) => {
      if (request.url === '/slow') request.on('end', () => setImmediate(() => response.end('done'))).resume();
    });
    const running = client.fetch()(`${server.origin}/slow`);
    const closed = Promise.all([client.close(), client.close()]);
    const error = await failure(client.fetch()(server.origin));
    expect([error.code, error.sent]).toEqual(['http_aborted', false]);
    expect(await (await running).text()).toBe('done');
    await closed;
    await server.closed(1);
  });

  it('leaves a dispatcher it was given alone', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent
      .get('https://api.example')
      .intercept({ path: '/a' })
      .reply(200, 'mocked', { headers: { 'x-a': '1' } });
    const mocked = new HttpClient({ dispatcher: agent });
    const response = await mocked.fetch({ freshConnection: true })('https://api.example/a');
    expect([await response.text(), response.headers.get('x-a')]).toEqual(['mocked', '1']);
    const error = await failure(mocked.fetch()('https://api.example/unknown'));
    expect([error.code, error.sent]).toEqual(['http_unreachable', false]);
    await mocked.close();
    agent.get('https://api.example').intercept({ path: '/b' }).reply(204);
    expect((await new HttpClient({ dispatcher: agent }).fetch()('https://api.example/b')).status).toBe(204);
    await agent.close();
  });
});
