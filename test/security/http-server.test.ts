/** The listening end: answers that no route gives, slow senders, and the end of a process (sec-K3, L4, R5). */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Router } from 'express';
import { createFrontDoor, type FrontDoor } from '../../src/web/front-door.js';
import { createHttpServer, type HttpServer } from '../../src/web/http-server.js';
import { headersOf, securityHeaders } from '../../src/web/security-headers.js';
import { siteAt } from '../../src/web/site.js';
import { until } from '../support/until.js';

const open = new Set<{ server: HttpServer['server'] }>();

async function listening<T extends { server: HttpServer['server'] }>(one: T): Promise<T & { port: number }> {
  open.add(one);
  await new Promise<void>((resolve) => one.server.listen(0, '127.0.0.1', resolve));
  return { ...one, port: (one.server.address() as AddressInfo).port };
}

afterAll(() => {
  for (const { server } of open) {
    server.closeAllConnections();
    server.close();
  }
});

/** Everything that comes back until the connection is closed. */
function wire(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

function headersIn(answer: string): Record<string, string> {
  const lines = (answer.split('\r\n\r\n')[0] ?? '').split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
}

describe('sec-L4: every answer carries the same headers', () => {
  let door: FrontDoor & { port: number };
  let closedDoor: FrontDoor & { port: number };
  const options = { baseUrl: 'https://app.example.com/accounts', loopbackOrigins: [] };
  beforeAll(async () => {
    const router = Router();
    router.get('/breaks', () => {
      throw new Error('CANARY-in-an-error');
    });
    door = await listening(createFrontDoor(options));
    door.open(router);
    closedDoor = await listening(createFrontDoor(options));
  });

  const end = 'Host: app.example.com\r\nConnection: close\r\n\r\n';
  test.each<[string, number, string]>([
    ['a request that is none', 400, 'nonsense\r\n\r\n'],
    ['a header without a colon', 400, `GET / HTTP/1.1\r\nbroken\r\n${end}`],
    ['two lengths', 400, `POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${end}`],
    ['a line feed in a header', 400, `GET / HTTP/1.1\r\nX: a\nb: c\r\n${end}`],
    ['headers beyond 16 kB', 431, `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n${end}`],
    ['an address beyond 16 kB', 431, `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${end}`],
    ['a tunnel', 405, `CONNECT evil.example:443 HTTP/1.1\r\n${end}`],
    ['a strange expectation', 417, `GET / HTTP/1.1\r\nExpect: a-miracle\r\n${end}`],
    ['an address outside of the app', 404, `GET /elsewhere HTTP/1.1\r\n${end}`],
    ['an unknown address of the app', 404, `GET /accounts/nowhere HTTP/1.1\r\n${end}`],
    ['a fault of ours', 500, `GET /accounts/breaks HTTP/1.1\r\n${end}`],
  ])('%s', async (_what, status, text) => {
    const answer = await wire(door.port, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const expected = headersOf(securityHeaders(siteAt(options.baseUrl), []));
    expect(Object.keys(expected).length).toBeGreaterThan(10);
    expect(headersIn(answer)).toMatchObject(expected);
    expect(headersIn(answer)).not.toHaveProperty('x-powered-by');
    expect(headersIn(answer)).toMatchObject({ 'strict-transport-security': 'max-age=31536000; includeSubDomains' });
    expect(answer).not.toMatch(/CANARY|node_modules|\n\s+at /);
  });

  test('while the app is starting', async () => {
    const answer = await wire(closedDoor.port, `GET /accounts/ HTTP/1.1\r\n${end}`);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(headersIn(answer)).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' });
  });
});

test('sec-R1: however many headers a client sends, what the proxy adds behind them is seen', async () => {
  const { port } = await listening(
    createHttpServer((req, res) => void res.end(`from ${req.headers['x-forwarded-for']}`), {}),
  );
  const junk = 'a:\r\n'.repeat(3_000);
  const text = `GET / HTTP/1.1\r\nHost: x\r\n${junk}X-Forwarded-For: 192.0.2.1\r\nConnection: close\r\n\r\n`;
  expect(await wire(port, text)).toContain('from 192.0.2.1');
});

describe('sec-K3: whoever asks for a tunnel holds nothing and ends nothing', () => {
  const TUNNEL = 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n';
  const connections = (server: HttpServer['server']) =>
    new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));

  test('a client that resets the connection while it is refused', async () => {
    const { port, server } = await listening(createHttpServer((_req, res) => void res.end('served'), {}));
    const client = connect(port, '127.0.0.1', () => client.write(TUNNEL));
    const reset = once(client, 'close');
    // Before ours, so that the refusal is written to a connection that is gone; an error nobody listens to would end the process.
    server.prependOnceListener('connect', () => client.resetAndDestroy());
    await reset;
    await until(async () => (await connections(server)) === 0);
    expect(await wire(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain('served');
  });

  test('a client that keeps its half of the connection open', async () => {
    const { port, server } = await listening(createHttpServer((_req, res) => void res.end('served'), {}));
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => client.write(TUNNEL));
    client.on('error', () => undefined).resume();
    await once(client, 'end');
    await until(async () => (await connections(server)) === 0);
    client.destroy();
  });

  test('an answer that has begun gets no refusal into its middle', async () => {
    const { port } = await listening(
      createHttpServer((_req, res) => void res.writeHead(200, { 'Content-Length': '100' }).write('begun'), {}),
    );
    const client = connect(port, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    let answer = '';
    client.on('data', (chunk) => {
      if (answer === '') client.write(TUNNEL);
      answer += chunk.toString('latin1');
    });
    await once(client, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toContain('405');
  });
});

describe('slow senders are cut, others are served meanwhile (sec-K3)', () => {
  const limits = { headersMs: 200, requestMs: 400, checkMs: 50, arrivalMs: 100 };

  test.each<[string, string]>([
    ['headers that never end', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['a body that never comes', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc'],
  ])('%s', async (_what, text) => {
    const { port } = await listening(
      createHttpServer((req, res) => void req.resume().on('end', () => res.end('served')), { 'X-Ours': 'yes' }, limits),
    );
    const slow = wire(port, text);
    const idle = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
    expect(await wire(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain('served');
    const answer = await slow;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(headersIn(answer)).toMatchObject({ 'x-ours': 'yes', connection: 'close' });
    for (const socket of idle) socket.destroy();
  });

  test('an answer that has begun gets no second one behind it', async () => {
    const { port } = await listening(
      createHttpServer((_req, res) => void res.writeHead(200, { 'Content-Length': '100' }).write('begun'), {}, limits),
    );
    const answer = await wire(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe('sec-R5: the end', () => {
  const limits = { headersMs: 15_000, requestMs: 30_000, checkMs: 5_000, arrivalMs: 100 };

  function opened(port: number, text: string): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text, () => resolve(socket)));
      socket.on('error', () => undefined);
    });
  }

  test('waits for the answers under way, not for requests that never finish coming', async () => {
    let answer: (() => void) | undefined;
    const { port, drain, server } = await listening(
      createHttpServer(
        (req, res) => {
          if (req.url === '/held') answer = () => res.end('an answer worth waiting for');
          else req.resume().on('end', () => res.end());
        },
        {},
        limits,
      ),
    );
    const unfinished = await Promise.all([
      opened(port, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow'),
      opened(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc'),
      opened(port, ''),
    ]);
    const kept = new Agent({ keepAlive: true });
    const get = (path: string) =>
      new Promise<{ text: string; connection: string | undefined }>((resolve, reject) => {
        request({ port, host: '127.0.0.1', path, agent: kept }, (res) => {
          let text = '';
          res.on('data', (chunk) => {
            text += chunk;
          });
          res.on('end', () => resolve({ text, connection: res.headers.connection }));
        })
          .on('error', reject)
          .end();
      });
    await get('/');
    const held = get('/held');
    await until(async () => answer !== undefined);
    const began = performance.now();
    const ended = drain(20_000);
    await Promise.all(unfinished.map((socket) => once(socket, 'close')));
    expect(server.listening).toBe(false);
    await expect(wire(port, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    answer?.();
    expect(await held).toEqual({ text: 'an answer worth waiting for', connection: 'close' });
    await ended;
    expect(performance.now() - began).toBeLessThan(5_000);
    kept.destroy();
  });

  test('cuts what is still open when its patience is at an end', async () => {
    const { port, drain } = await listening(createHttpServer(() => undefined, {}, limits));
    const held = wire(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n').catch(() => 'reset');
    await until(
      () => new Promise<boolean>((resolve) => [...open].at(-1)?.server.getConnections((_e, n) => resolve(n > 0))),
    );
    await drain(200);
    expect(['', 'reset']).toContain(await held);
  });
});
