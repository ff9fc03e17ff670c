import type { Socket } from 'node:net';
import { HttpClient } from '../../src/http/index.js';
import { closeServers, httpServer, rawServer } from './servers.js';
import { failure } from './settled.js';

let client: HttpClient;
beforeEach(() => {
  client = new HttpClient({ deadlineMs: 8_000 });
});
afterEach(async () => {
  await closeServers();
  await client.close();
});

/** undici takes a connection back one turn of the event loop after the response. */
function connectionIsBack(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('connections', () => {
  it('are kept alive and shared by the fetches of a client', async () => {
    const server = await httpServer((_request, response) => response.end('ok'));
    for (let i = 0; i < 5; i += 1) {
      await (await client.fetch()(`${server.origin}/${i}`)).text();
      await connectionIsBack();
    }
    expect(server.sockets).toHaveLength(1);
  });

  it('are made for one request alone with freshConnection, and closed after it', async () => {
    const server = await rawServer((socket) => {
      // A server that would gladly keep the connection.
      socket.write(
        'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\nContent-Length: 2\r\n\r\nok',
      );
    });
    const pooled = client.fetch();
    const fresh = client.fetch({ freshConnection: true });
    await (await pooled(server.origin)).text();
    await connectionIsBack();
    await (await fresh(server.origin, { method: 'POST', body: 'a=1' })).text();
    await (await fresh(server.origin, { method: 'POST', body: 'a=1' })).text();
    expect(server.sockets).toHaveLength(3);
    await server.closed(2);
    expect(server.heads.map((head) => /^connection: (.*)$/im.exec(head)?.[1])).toEqual([
      'keep-alive',
      'close',
      'close',
    ]);
    await (await pooled(server.origin)).text();
    expect(server.sockets).toHaveLength(3);
    expect(server.sockets.map((socket) => socket.destroyed)).toEqual([false, true, true]);
  });

  it('that the server dropped while idle make a pooled POST ambiguous, a fresh one never', async () => {
    const idle: Socket[] = [];
    const server = await rawServer((socket, head) => {
      // A server that gave up on the idle connection: it answers its second request with a reset.
      if (idle.includes(socket)) {
        socket.resetAndDestroy();
        return;
      }
      idle.push(socket);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${head.slice(0, 4)}`);
    });
    expect(await (await client.fetch()(server.origin)).text()).toBe('GET ');
    await connectionIsBack();
    const error = await failure(client.fetch()(server.origin, { method: 'POST', body: 'x' }));
    expect(error).toMatchObject({ code: 'http_reset', sent: true });
    expect(await (await client.fetch()(server.origin)).text()).toBe('GET ');
    const fresh = await client.fetch({ freshConnection: true })(server.origin, { method: 'POST', body: 'x' });
    expect(await fresh.text()).toBe('POST');
    expect(server.heads).toHaveLength(4);
  });

  it('are not used again after HEAD, whose answer might have a body all the same', async () => {
    const server = await httpServer((_request, response) => response.end('ok'));
    await client.fetch()(server.origin, { method: 'HEAD' });
    await server.closed(1);
  });

  it('that hang, 200 of them, do not block others to the same server or elsewhere', async () => {
    const hanging = await rawServer((socket, head) => {
      if (head.startsWith('GET /quick')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const other = await httpServer((_request, response) => response.end('ok'));
    const abort = new AbortController();
    const stuck = Array.from({ length: 200 }, () => failure(client.fetch()(hanging.origin, { signal: abort.signal })));
    await hanging.received(200);
    const quick = client.fetch({ deadlineMs: 2_000 });
    expect(await (await quick(`${hanging.origin}/quick`)).text()).toBe('ok');
    expect(await (await quick(other.origin)).text()).toBe('ok');
    abort.abort();
    const errors = await Promise.all(stuck);
    expect(new Set(errors.map(({ code, sent }) => `${code} ${sent}`))).toEqual(new Set(['http_aborted true']));
    await hanging.closed(200);
  });

  it('are not opened for requests that were given up', async () => {
    const server = await rawServer(() => undefined);
    const hasty = client.fetch({ deadlineMs: 300 });
    await Promise.all(Array.from({ length: 20 }, () => failure(hasty(server.origin))));
    await Promise.all(
      Array.from({ length: 20 }, () =>
        failure(client.fetch({ deadlineMs: 300, freshConnection: true })(server.origin)),
      ),
    );
    await server.closed(40);
    expect(server.sockets).toHaveLength(40);
    expect(server.heads).toHaveLength(40);
    // Had undici reconnected, these would have to be told apart from connections made before; a full close proves there are none.
    await client.close();
    expect(server.sockets).toHaveLength(40);
  });

  it('of a failed exchange are never used again', async () => {
    const server = await rawServer((socket, head) => {
      if (head.startsWith('GET /hang')) return;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    await failure(client.fetch({ deadlineMs: 300 })(`${server.origin}/hang`));
    expect(await (await client.fetch()(server.origin)).text()).toBe('ok');
    expect(server.sockets).toHaveLength(2);
  });
});
