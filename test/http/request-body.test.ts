import { HttpClient } from '../../src/http/index.js';
import { closeServers, httpServer, rawServer } from './servers.js';
import { failure } from './settled.js';

let client: HttpClient;
beforeEach(() => {
  client = new HttpClient({ deadlineMs: 5_000 });
});
afterEach(async () => {
  await closeServers();
  await client.close();
});

interface Seen {
  type?: string;
  length?: string;
  transfer?: string;
  body: string;
}

/** A server that says what it received: content type, length header and text. */
function mirror() {
  return httpServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const { 'content-type': type, 'content-length': length, 'transfer-encoding': transfer } = request.headers;
    response.end(JSON.stringify({ type, length, transfer, body }));
  });
}

function stream(...parts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(part));
    },
  });
}

async function seenBy(server: { origin: string }, init: RequestInit): Promise<Seen> {
  const response = await client.fetch()(server.origin, { method: 'POST', ...init });
  return (await response.json()) as Seen;
}

describe('a request body', () => {
  it.each([
    ['a string', () => 'h\u00e9llo'],
    ['an empty string', () => ''],
    ['URLSearchParams', () => new URLSearchParams({ a: '1 +', b: '\u00fc' })],
    ['a Uint8Array', () => new TextEncoder().encode('bytes')],
    ['part of a larger buffer', () => new Uint8Array(new TextEncoder().encode('xxbytesxx').buffer, 2, 5)],
    ['a DataView', () => new DataView(new TextEncoder().encode('view').buffer)],
    ['an ArrayBuffer', () => new TextEncoder().encode('buffer').buffer],
    ['a Blob', () => new Blob(['blob ', 'parts'], { type: 'text/csv' })],
    ['a Blob without a type', () => new Blob(['blob'])],
    ['an empty Blob', () => new Blob([])],
    ['a stream', () => stream('one ', 'two')],
    ['an empty stream', () => stream()],
    ['nothing', () => null],
  ])('that is %s arrives as the built-in fetch would send it', async (_what, make) => {
    const server = await mirror();
    const sent = async (send: typeof fetch | ReturnType<HttpClient['fetch']>) => {
      return (await send(server.origin, { method: 'POST', body: make(), duplex: 'half' })).json();
    };
    expect(await sent(client.fetch())).toEqual(await sent(fetch));
  });

  it('that is a FormData is encoded with a known length', async () => {
    const server = await mirror();
    const form = new FormData();
    form.set('a', '1');
    form.set('file', new Blob(['content'], { type: 'text/plain' }), 'f.txt');
    const seen = await seenBy(server, { body: form });
    expect(seen.transfer).toBeUndefined();
    expect(Number(seen.length)).toBe(Buffer.byteLength(seen.body));
    const parsed = await new Response(seen.body, { headers: { 'content-type': seen.type ?? '' } }).formData();
    expect(parsed.get('a')).toBe('1');
    expect(await (parsed.get('file') as File).text()).toBe('content');
  });

  it('keeps the content type the caller chose', async () => {
    const server = await mirror();
    const headers = new Headers({ 'Content-Type': 'application/json' });
    const seen = await seenBy(server, { headers, body: '{}' });
    expect(seen.type).toBe('application/json');
  });

  it('that is a stream may have an announced length', async () => {
    const server = await mirror();
    const init = { method: 'PUT', duplex: 'half' as const, headers: { 'content-length': '7' } };
    const seen = await seenBy(server, { ...init, body: stream('one ', 'two') });
    expect([seen.length, seen.transfer, seen.body]).toEqual(['7', undefined, 'one two']);
    const longer = await failure(client.fetch()(server.origin, { ...init, body: stream('one ', 'three') }));
    expect(longer).toMatchObject({ code: 'http_aborted', sent: true });
  });

  it('that is an async iterable is streamed', async () => {
    const server = await mirror();
    async function* parts() {
      yield new TextEncoder().encode('a');
      yield new TextEncoder().encode('b');
    }
    const seen = await seenBy(server, { body: parts(), duplex: 'half' });
    expect([seen.transfer, seen.body]).toEqual(['chunked', 'ab']);
  });

  it('is what it was at the time of the call', async () => {
    const server = await mirror();
    const bytes = new TextEncoder().encode('secret');
    const pending = seenBy(server, { body: bytes });
    bytes.fill(0);
    expect((await pending).body).toBe('secret');
  });

  it('that fails while it is read ends the request with its own error as the cause', async () => {
    const server = await rawServer(() => undefined);
    const broken = new Error('disk gone');
    let step = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        step += 1;
        if (step === 1) controller.enqueue(new TextEncoder().encode('first'));
        else controller.error(broken);
      },
    });
    const error = await failure(client.fetch()(server.origin, { method: 'POST', body, duplex: 'half' }));
    expect(error).toMatchObject({ code: 'http_aborted', cause: broken });
    await server.closed(1);
  });

  it('of a Request that fails is never sent', async () => {
    const server = await rawServer((socket) => socket.end());
    const broken = new Error('disk gone');
    const body = new ReadableStream({ start: (controller) => controller.error(broken) });
    const error = await failure(client.fetch()(new Request(server.origin, { method: 'POST', body, duplex: 'half' })));
    expect(error).toMatchObject({ code: 'http_aborted', sent: false, cause: broken });
    expect(server.sockets).toHaveLength(0);
  });

  it('that was read before is refused', async () => {
    const server = await rawServer((socket) => socket.end());
    const used = stream('x');
    used.getReader();
    const request = new Request(server.origin, { method: 'POST', body: 'x' });
    await request.text();
    for (const work of [
      client.fetch()(server.origin, { method: 'POST', body: used, duplex: 'half' }),
      client.fetch()(request),
    ]) {
      expect(await failure(work)).toMatchObject({ code: 'http_invalid_request', sent: false });
    }
    expect(server.sockets).toHaveLength(0);
  });

  it('may fail after an early answer without harm', async () => {
    const server = await rawServer((socket) =>
      socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
    );
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given;
        given.enqueue(new TextEncoder().encode('first'));
      },
    });
    const response = await client.fetch()(server.origin, { method: 'POST', body, duplex: 'half' });
    expect([response.status, await response.text()]).toEqual([413, 'no']);
    await server.closed(1);
    try {
      controller?.error(new Error('too late'));
    } catch {
      // The stream was cancelled already, which is fine as well.
    }
    await new Promise(setImmediate);
  });
});
