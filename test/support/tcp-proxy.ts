/** A TCP proxy before a server, to cut, refuse and stall its connections. */
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Resets all connections and every new one. */
  cut(): void;
  /** Keeps everything that is sent in both directions, until it is opened again. */
  stall(): void;
  open(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let mode: 'open' | 'stalled' | 'cut' = 'open';
  const sockets = new Set<Socket>();
  const pipe = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      // A connection that is gone on one side is news, and news does not get through a stall.
      if (mode !== 'stalled') to.destroy();
    });
    if (mode === 'stalled') from.pause();
  };
  const server = createServer((visitor) => {
    if (mode === 'cut') {
      visitor.resetAndDestroy();
      return;
    }
    const onward = createConnection(target.port, target.host);
    pipe(visitor, onward);
    pipe(onward, visitor);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      mode = 'cut';
      reset();
    },
    stall: () => {
      mode = 'stalled';
      for (const socket of sockets) socket.pause();
    },
    open: () => {
      mode = 'open';
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      // Without a reset: one that meets a write under way can keep Node 20 from ever ending the process.
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
