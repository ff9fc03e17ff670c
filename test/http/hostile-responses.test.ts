import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { HttpClient } from '../../src/http/index.js';
import { closeServers, httpServer, rawServer } from './servers.js';
import { failure } from './settled.js';

const MIB = 1_048_576;

let client: HttpClient;
beforeEach(() => {
  client = new HttpClient({ deadlineMs: 5_000 });
});
afterEach(async () => {
  await closeServers();
  await client.close();
});

/** Asks a server that answers with exactly these bytes and then half-closes. */
async function answered(bytes: string | Buffer, method = 'GET') {
  const server = await rawServer((socket) => socket.end(bytes, 'latin1'));
  return client.fetch()(`${server.origin}/path`, { method });
}

describe('cut short', () => {
  it.each([
    ['before any byte', ''],
    ['in the status line', 'HTTP/1.1 20'],
    ['in the headers', 'HTTP/1.1 200 OK\r\nContent-Le'],
  ])('%s: http_reset at the call', async (_where, bytes) => {
    expect(await failure(answered(bytes))).toMatchObject({ code: 'http_reset', phase: 'headers', sent: true });
  });

  it.each([
    ['a body with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"a":'],
    ['a closing connection', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n{"a":'],
    ['a chunked body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'],
    ['a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"a":'],
  ])('%s: http_reset in the body', async (_what, bytes) => {
    const response = await answered(bytes);
    expect(response.status).toBe(200);
    expect(await failure(response.text())).toMatchObject({ code: 'http_reset', phase: 'body', sent: true });
  });

  it('by a reset, before and after the headers', async () => {
    const before = await rawServer((socket) => socket.resetAndDestroy());
    expect(await failure(client.fetch()(before.origin))).toMatchObject({
      code: 'http_reset',
      phase: 'headers',
      sent: true,
    });
    const after = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab', () =>
        setImmediate(() => socket.resetAndDestroy()),
      );
    });
    const outcome = client
      .fetch()(after.origin)
      .then((response) => response.text());
    expect(await failure(outcome)).toMatchObject({ code: 'http_reset', sent: true });
  });

  it('is no unhandled rejection when nobody looks', async () => {
    const seen: unknown[] = [];
    const unhandled = (reason: unknown) => seen.push(reason);
    process.on('unhandledRejection', unhandled);
    const server = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab'));
    await client.fetch()(server.origin);
    await server.closed(1);
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(seen).toEqual([]);
  });
});

describe('not HTTP', () => {
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['HTML alone', '<html>hello</html>\r\n\r\n'],
    ['a line feed in a name', 'HTTP/1.1 200 OK\r\nA\nB: 1\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok'],
    ['a control character in a value', 'HTTP/1.1 200 OK\r\nX: a\u0001b\r\nContent-Length: 2\r\n\r\nok'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nok'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!'],
    [
      'a length and chunks (sec-J10)',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    [
      'an upgrade nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
    ['100 Continue without a request for it', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['status 999', 'HTTP/1.1 999 Denied\r\nContent-Length: 2\r\n\r\nno'],
    ['status 600', 'HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['endless interim responses', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50)],
    ['an unknown encoding', 'HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 2\r\n\r\nok'],
    ['stacked encodings', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\nok'],
  ])('%s: http_malformed at the call', async (_what, bytes) => {
    const error = await failure(answered(bytes));
    expect(error).toMatchObject({ code: 'http_malformed', sent: true });
    expect(error.message).not.toContain('/path');
  });

  it('a broken chunk: http_malformed in the body', async () => {
    const response = await answered('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n');
    expect(await failure(response.text())).toMatchObject({ code: 'http_malformed', phase: 'body' });
  });

  it('the bytes around the fault are not kept as evidence', async () => {
    const error = await failure(answered('HTTP/1.1 200 OK\r\nX: \u0001{"access_token":"s3cret"}\r\n\r\n'));
    expect(error.code).toBe('http_malformed');
    expect(error.cause).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('s3cret');
  });

  it('a second response on the same connection is not taken for the answer to the next request', async () => {
    let count = 0;
    const server = await rawServer((socket) => {
      count += 1;
      const answer = `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${count}`;
      socket.write(count === 1 ? `${answer}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil` : answer);
    });
    expect(await (await client.fetch()(server.origin)).text()).toBe('1');
    expect(await (await client.fetch()(server.origin)).text()).toBe('2');
    expect(server.sockets).toHaveLength(2);
  });

  it('a body after HEAD or 204 never becomes one', async () => {
    const head = await answered('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil', 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    const none = await answered('HTTP/1.1 204 No Content\r\n\r\nevil');
    expect([none.status, await none.text()]).toEqual([204, '']);
  });
});

describe('too large', () => {
  const fields = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}: y\r\n`).join('');

  it.each([
    ['100 000 headers', fields(100_000)],
    ['300 small headers', fields(300)],
    ['300 times the same header', 'set-cookie: a\r\n'.repeat(300)],
    ['300 headers without a value', Array.from({ length: 300 }, (_, i) => `x${i}:\r\n`).join('')],
    ['one huge header', `x: ${'y'.repeat(5_000_000)}\r\n`],
    ['a huge header name', `${'x'.repeat(5_000_000)}: y\r\n`],
  ])('%s', async (_what, headers) => {
    const error = await failure(answered(`HTTP/1.1 200 OK\r\n${headers}Content-Length: 0\r\n\r\n`));
    expect(error).toMatchObject({ code: 'http_too_large', phase: 'headers', sent: true });
  });

  it('a redirect to a Location of 10 MB', async () => {
    const error = await failure(
      answered(`HTTP/1.1 302 Found\r\nLocation: https://a.example/${'x'.repeat(10_000_000)}\r\n\r\n`),
    );
    expect(error).toMatchObject({ code: 'http_too_large', phase: 'headers' });
  });

  it('headers beyond the limit of one fetch', async () => {
    const server = await httpServer((_request, response) => response.setHeader('x', 'y'.repeat(500)).end());
    expect(await failure(client.fetch({ maxHeaderBytes: 400 })(server.origin))).toMatchObject({
      code: 'http_too_large',
    });
    expect((await client.fetch({ maxHeaderBytes: 1_000 })(server.origin)).status).toBe(200);
  });

  it('endless trailers', async () => {
    const response = await answered(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${fields(100_000)}\r\n`,
    );
    expect(await failure(response.text())).toMatchObject({ code: 'http_too_large', phase: 'body' });
  });

  it('a body announced as too large is refused at once', async () => {
    const server = await rawServer((socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${MIB + 1}\r\n\r\n`));
    expect(await failure(client.fetch()(server.origin))).toMatchObject({ code: 'http_too_large', phase: 'body' });
    await server.closed(1);
  });

  it('a body of exactly the limit passes, one byte more does not', async () => {
    const server = await httpServer((request, response) => {
      response.flushHeaders();
      response.end(Buffer.alloc(Number(request.headers['x-size']), 'x'));
    });
    const limited = client.fetch({ maxBodyBytes: 100_000 });
    const get = async (size: number) => (await limited(server.origin, { headers: { 'x-size': `${size}` } })).text();
    expect((await get(100_000)).length).toBe(100_000);
    expect(await failure(get(100_001))).toMatchObject({ code: 'http_too_large', phase: 'body' });
  });

  it('an endless body is cut, and the server is not drained meanwhile', async () => {
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
      const pump = () => {
        while (!socket.destroyed && socket.write(chunk));
        socket.once('drain', pump);
      };
      pump();
    });
    const response = await client.fetch()(server.origin);
    expect(await failure(response.arrayBuffer())).toMatchObject({ code: 'http_too_large', phase: 'body' });
    await server.closed(1);
    expect(server.sockets[0]?.bytesWritten).toBeLessThan(16 * MIB);
  });

  it.each([
    ['gzip', () => gzipSync(Buffer.alloc(64 * MIB))],
    ['deflate', () => deflateSync(Buffer.alloc(64 * MIB))],
    ['br', () => brotliCompressSync(Buffer.alloc(64 * MIB), { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })],
  ])('a %s bomb stops at the limit', async (coding, bomb) => {
    const body = bomb();
    expect(body.length).toBeLessThan(MIB / 8);
    const server = await httpServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding, 'content-length': body.length }).end(body);
    });
    const response = await client.fetch()(server.origin);
    let seen = 0;
    const reading = (async () => {
      for await (const chunk of response.body ?? []) seen += (chunk as Uint8Array).byteLength;
    })();
    expect(await failure(reading)).toMatchObject({ code: 'http_too_large', phase: 'body' });
    expect(seen).toBeLessThanOrEqual(MIB);
  });

  it('a bomb that nobody reads is not unpacked', async () => {
    const body = gzipSync(Buffer.alloc(64 * MIB));
    const server = await httpServer((_request, response) => {
      response.setHeader('content-encoding', 'gzip').end(body);
    });
    const response = await client.fetch({ deadlineMs: 150, maxBodyBytes: 100 * MIB })(server.origin);
    expect(await failure((await delayedReader(response)).read())).toMatchObject({
      code: 'http_timeout',
      phase: 'body',
    });
  });

  it('compressed bytes that decode to nothing count too', async () => {
    // Empty stored deflate blocks (RFC 1951 section 3.2.4): five bytes in, none out, for ever.
    const nothing = Buffer.alloc(5 * 65_536);
    for (let i = 0; i < nothing.length; i += 5) nothing.set([0, 0, 0, 0xff, 0xff], i);
    const server = await httpServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'deflate' });
      const pump = () => {
        while (!response.destroyed && response.write(nothing));
      };
      response.on('drain', pump).on('error', () => undefined);
      pump();
    });
    const response = await client.fetch({ maxBodyBytes: 100_000 })(server.origin);
    expect(await failure(response.text())).toMatchObject({ code: 'http_too_large', phase: 'body' });
    await server.closed(1);
  });
});

/** Waits until the body has failed by itself, then hands out a reader. */
async function delayedReader(response: Response) {
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error('no body');
  await reader.closed.catch(() => undefined);
  return reader;
}

describe('content codings', () => {
  const text = `{"name":"J\u00fcrgen","filler":"${'abc'.repeat(50_000)}"}`;
  const incompressible = randomBytes(300_000);

  it.each([
    ['gzip', gzipSync(text)],
    ['X-GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
  ])('%s is undone', async (coding, body) => {
    const server = await httpServer((_request, response) => response.setHeader('content-encoding', coding).end(body));
    expect(await (await client.fetch()(server.origin)).text()).toBe(text);
  });

  it.each(['gzip', 'br'])('%s of data that does not shrink, read slowly', async (coding) => {
    const body = coding === 'gzip' ? gzipSync(incompressible) : brotliCompressSync(incompressible);
    const server = await httpServer((_request, response) => response.setHeader('content-encoding', coding).end(body));
    const response = await client.fetch()(server.origin);
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk as Uint8Array);
      await new Promise(setImmediate);
    }
    expect(Buffer.concat(chunks).equals(incompressible)).toBe(true);
  });

  it.each([
    ['gzip', 'plain text'],
    ['br', 'plain text'],
    ['deflate', 'plain text'],
    ['gzip', gzipSync(text).subarray(0, -6)],
    ['br', brotliCompressSync(text).subarray(0, -6)],
    ['deflate', deflateSync(text).subarray(0, -6)],
    ['gzip', ''],
  ])('a body that is not the %s it claims to be: http_malformed', async (coding, body) => {
    const server = await httpServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding, 'transfer-encoding': 'chunked' });
      response.end(body);
    });
    const response = await client.fetch()(server.origin);
    expect(await failure(response.text())).toMatchObject({ code: 'http_malformed', phase: 'body', sent: true });
  });

  it('an empty body that says so needs no coding', async () => {
    const response = await answered('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n');
    expect(await response.text()).toBe('');
  });
});
