/** The sandbox's listening sockets. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Listeners {
  readonly #handle: RequestListener;
  #servers: Server[] = [];

  constructor(handle: RequestListener) {
    this.#handle = handle;
  }

  async open(port: number, host?: string): Promise<{ port: number; origin: string }> {
    if (host !== undefined && host !== 'localhost') {
      const bound = await this.#bind(port, host);
      return { port: bound, origin: originFor(host, bound) };
    }
    // `localhost` means either version of IP, depending on who asks; a free port on one may be taken on the other.
    for (let attempt = 0; ; attempt += 1) {
      const bound = await this.#bind(port, '127.0.0.1');
      try {
        await this.#bind(bound, '::1');
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EADDRINUSE') {
          await this.close();
          if (port === 0 && attempt < 5) continue;
          throw error;
        }
        // A machine without IPv6 is served by IPv4 alone.
        if (code !== 'EADDRNOTAVAIL' && code !== 'EAFNOSUPPORT') throw error;
      }
      return { port: bound, origin: originFor('localhost', bound) };
    }
  }

  async close(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(
      servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  }

  #bind(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer(this.#handle);
      server.once('error', reject);
      server.listen(port, host, () => {
        this.#servers.push(server);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }
}

/** An address that means "every interface" is no address to call: callers on this machine use localhost. */
function originFor(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
