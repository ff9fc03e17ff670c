/** Servers on loopback that behave exactly as badly as a test says; all of them end with `closeServers()`. */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface TestServer {
  /** `http://127.0.0.1:port` or `https://127.0.0.1:port` */
  origin: string;
  port: number;
  /** Every connection so far, closed ones too, oldest first. */
  sockets: Socket[];
  /** Heads of the requests received so far (raw servers only). */
  heads: string[];
  /** Resolves when at least `count` connections have ended. */
  closed(count: number): Promise<void>;
  /** Resolves when at least `count` connections were made. */
  connected(count: number): Promise<void>;
  /** Resolves when at least `count` request heads have arrived (raw servers only). */
  received(count: number): Promise<void>;
}

const running: { server: Server; sockets: Socket[] }[] = [];

export async function closeServers(): Promise<void> {
  await Promise.all(
    running.splice(0).map(({ server, sockets }) => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
}

/** A server that calls `answer` once per request head and otherwise does nothing at all. */
export function rawServer(answer: (socket: Socket, head: string) => void): Promise<TestServer> {
  return listen(createServer(), 'http', answer);
}

export function tlsServer(
  identity: { key: string; cert: string },
  answer: (socket: Socket, head: string) => void,
): Promise<TestServer> {
  return listen(createTlsServer(identity), 'https', answer);
}

export function httpServer(listener: RequestListener): Promise<TestServer> {
  return listen(createHttpServer({ keepAliveTimeout: 60_000 }, listener), 'http', undefined);
}

/** A port on which nothing listens. */
export async function refusedPort(): Promise<number> {
  const server = createServer();
  const { port } = await new Promise<AddressInfo>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address() as AddressInfo));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(
  server: Server,
  scheme: 'http' | 'https',
  answer: ((socket: Socket, head: string) => void) | undefined,
): Promise<TestServer> {
  const sockets: Socket[] = [];
  const heads: string[] = [];
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const check of watchers) check();
  };
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        watchers.delete(check);
        resolve();
      };
      watchers.add(check);
      check();
    });
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined).on('close', changed);
    changed();
  });
  if (answer !== undefined) {
    server.on(scheme === 'https' ? 'secureConnection' : 'connection', (socket: Socket) => {
      let pending = '';
      socket
        .on('error', () => undefined)
        .on('data', (chunk: Buffer) => {
          pending += chunk.toString('latin1');
          const end = pending.indexOf('\r\n\r\n');
          if (end < 0) return;
          const head = pending.slice(0, end);
          pending = '';
          heads.push(head);
          changed();
          answer(socket, head);
        });
    });
  }
  running.push({ server, sockets });
  const { port } = await new Promise<AddressInfo>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address() as AddressInfo));
  });
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    port,
    sockets,
    heads,
    closed: (count) => until(() => sockets.filter((socket) => socket.destroyed).length >= count),
    connected: (count) => until(() => sockets.length >= count),
    received: (count) => until(() => heads.length >= count),
  };
}
