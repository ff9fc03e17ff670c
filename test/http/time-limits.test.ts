import { getEventListeners } from 'node:events';
import { HttpClient, HttpError } from '../../src/http/index.js';
import { closeServers, httpServer, rawServer } from './servers.js';
import { failure } from './settled.js';

let client: HttpClient;
beforeEach(() => {
  client = new HttpClient({ connectMs: 5_000, deadlineMs: 5_000, idleMs: 5_000 });
});
afterEach(async () => {
  await closeServers();
  await client.close();
});

describe('the total deadline', () => {
  it('ends a request that is never answered, and the connection with it', async () => {
    const server = await rawServer(() => undefined);
    const error = await failure(client.fetch({ deadlineMs: 250 })(server.origin));
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'headers', sent: true });
    expect(error.message).toBe(`127.0.0.1:${server.port} did not answer (limit 250 ms)`);
    await server.closed(1);
  });

  it('holds while response headers drip', async () => {
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('X'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    const error = await failure(client.fetch({ deadlineMs: 250 })(server.origin));
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'headers', sent: true });
    await server.closed(1);
  });

  it('holds while interim responses keep coming', async () => {
    const server = await rawServer((socket) => {
      const drip = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const error = await failure(client.fetch({ deadlineMs: 250 })(server.origin));
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'headers' });
    await server.closed(1);
  });

  it('holds while a body drips one byte at a time', async () => {
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    const response = await client.fetch({ deadlineMs: 300, idleMs: 250 })(server.origin);
    const error = await failure(response.text());
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'body', sent: true });
    expect(error.message).toContain('did not finish its response (limit 300 ms)');
    await server.closed(1);
  });

  it('holds when nobody reads the body, so that the connection is given back', async () => {
    const server = await httpServer((_request, response) => response.end(Buffer.alloc(8_000_000)));
    const response = await client.fetch({ deadlineMs: 300, maxBodyBytes: 16_000_000 })(server.origin);
    await server.closed(1);
    expect(await failure(response.text())).toMatchObject({ code: 'http_timeout', phase: 'body' });
  });

  it('holds while the server does not take the request body', async () => {
    let taking = false;
    const server = await rawServer((socket) => {
      // On a busy machine the connection may be accepted only after the deadline; then it is read at once.
      if (!taking) socket.pause();
    });
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    });
    const error = await failure(
      client.fetch({ deadlineMs: 250 })(server.origin, { method: 'POST', body: endless, duplex: 'half' }),
    );
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'headers', sent: true });
    expect(endless.locked).toBe(true);
    taking = true;
    for (const socket of server.sockets) socket.resume();
    await server.closed(1);
  });

  it('holds while a slow upload is still being produced, and cancels its source', async () => {
    let cancelled: (reason: unknown) => void = () => undefined;
    const cancellation = new Promise((resolve) => {
      cancelled = resolve;
    });
    const stalled = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('first')),
      cancel: cancelled,
    });
    const server = await rawServer(() => undefined);
    const error = await failure(
      client.fetch({ deadlineMs: 250 })(server.origin, { method: 'POST', body: stalled, duplex: 'half' }),
    );
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'headers', sent: true });
    await cancellation;
    await server.closed(1);
  });

  it('holds while the body of a Request is read, before anything is sent', async () => {
    let cancelled: (reason: unknown) => void = () => undefined;
    const cancellation = new Promise((resolve) => {
      cancelled = resolve;
    });
    const server = await rawServer((socket) => socket.end());
    const request = new Request(server.origin, {
      method: 'POST',
      body: new ReadableStream<Uint8Array>({ cancel: cancelled }),
      duplex: 'half',
    });
    const error = await failure(client.fetch({ deadlineMs: 50 })(request));
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'connect', sent: false });
    await cancellation;
    expect(server.sockets).toHaveLength(0);
  });
});

describe('silence', () => {
  it('after the headers ends the response', async () => {
    const server = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'));
    const response = await client.fetch({ idleMs: 50 })(server.origin);
    const error = await failure(response.text());
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'body', sent: true });
    expect(error.message).toContain('fell silent in the middle of its response (limit 50 ms)');
    await server.closed(1);
  });

  it('in the middle of the body does too', async () => {
    const server = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'));
    const response = await client.fetch({ idleMs: 50 })(server.origin);
    expect(await failure(response.json())).toMatchObject({ code: 'http_timeout', phase: 'body' });
    await server.closed(1);
  });

  it('is not the fault of a server whose reader is slow', async () => {
    const size = 4_000_000;
    const server = await httpServer((_request, response) => response.end(Buffer.alloc(size, 'x')));
    const response = await client.fetch({ idleMs: 150, maxBodyBytes: size })(server.origin);
    const reader = response.body?.getReader();
    let seen = 0;
    for (let pauses = 2; ; ) {
      const next = await reader?.read();
      if (next === undefined || next.done) break;
      seen += next.value.byteLength;
      if (pauses > 0) {
        pauses -= 1;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    expect(seen).toBe(size);
  });
});

describe('the connect limit', () => {
  it('covers the TLS handshake; nothing of the request was sent', async () => {
    const server = await rawServer(() => undefined);
    const error = await failure(
      client.fetch({ connectMs: 60 })(`https://127.0.0.1:${server.port}/`, { method: 'POST', body: 'x' }),
    );
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'connect', sent: false });
    expect(error.message).toBe(`127.0.0.1:${server.port} did not accept a connection (limit 60 ms)`);
  });

  it('of the client closes the half-open connection', async () => {
    const server = await rawServer(() => undefined);
    const hasty = new HttpClient({ connectMs: 60 });
    const error = await failure(hasty.fetch()(`https://127.0.0.1:${server.port}/`));
    expect(error).toMatchObject({ code: 'http_timeout', phase: 'connect', sent: false });
    await server.closed(1);
    await hasty.close();
  });

  it('does not count what comes after', async () => {
    const server = await rawServer((socket) => {
      setTimeout(() => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 350);
    });
    const response = await client.fetch({ connectMs: 250 })(server.origin);
    expect(await response.text()).toBe('ok');
  });
});

describe('the caller’s signal', () => {
  it('that is already aborted sends nothing', async () => {
    const server = await rawServer((socket) => socket.end());
    const reason = new Error('not today');
    const error = await failure(client.fetch()(server.origin, { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: 'http_aborted', sent: false, cause: reason });
    expect(server.sockets).toHaveLength(0);
  });

  it('aborts while waiting for an answer; the server sees the connection close', async () => {
    const server = await rawServer(() => undefined);
    const abort = new AbortController();
    const pending = failure(client.fetch()(server.origin, { signal: abort.signal }));
    await server.received(1);
    abort.abort();
    expect(await pending).toMatchObject({ code: 'http_aborted', phase: 'headers', sent: true });
    await server.closed(1);
  });

  it('aborts before a connection is opened: none is', async () => {
    const server = await rawServer(() => undefined);
    const abort = new AbortController();
    const pending = failure(client.fetch()(server.origin, { signal: abort.signal }));
    abort.abort();
    expect(await pending).toMatchObject({ code: 'http_aborted', phase: 'connect', sent: false });
    await client.close();
    expect(server.sockets).toHaveLength(0);
  });

  it('aborts while connecting: nothing is sent later, and the attempt ends with the connect limit', async () => {
    const server = await rawServer(() => undefined);
    const abort = new AbortController();
    const hasty = new HttpClient({ connectMs: 60 });
    const pending = failure(hasty.fetch()(`https://127.0.0.1:${server.port}/`, { signal: abort.signal }));
    await server.connected(1);
    abort.abort();
    expect(await pending).toMatchObject({ code: 'http_aborted', phase: 'connect', sent: false });
    await server.closed(1);
    await hasty.close();
    expect(server.sockets).toHaveLength(1);
  });

  it('aborts in the middle of the body; the server sees the connection close', async () => {
    const server = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab'));
    const abort = new AbortController();
    const response = await client.fetch()(server.origin, { signal: abort.signal });
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('ab');
    abort.abort(new Error('enough'));
    await expect(reader?.read()).rejects.toMatchObject({ code: 'http_aborted', phase: 'body', sent: true });
    await expect(reader?.closed).rejects.toBeInstanceOf(HttpError);
    await server.closed(1);
  });

  it('of a Request counts, and one in init replaces it', async () => {
    const server = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const request = () => new Request(server.origin, { signal: AbortSignal.abort() });
    expect(await failure(client.fetch()(request()))).toMatchObject({ code: 'http_aborted' });
    const response = await client.fetch()(request(), { signal: null });
    expect(await response.text()).toBe('ok');
  });

  it('has no effect, and is not held on to, after the end', async () => {
    const server = await httpServer((_request, response) => response.end('ok'));
    const abort = new AbortController();
    const pending = client.fetch()(server.origin, { signal: abort.signal });
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    expect(await (await pending).text()).toBe('ok');
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
    abort.abort();
  });
});

describe('a reader that loses interest', () => {
  it('cancels the body and closes the connection', async () => {
    const server = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab'));
    const response = await client.fetch()(server.origin);
    await response.body?.cancel();
    await server.closed(1);
  });
});
