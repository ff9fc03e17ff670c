/** The TLS-terminating proxy that production stands behind: decrypts, says so in `X-Forwarded-*`, and spreads requests over the instances. */
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Agent, fetch as undiciFetch } from 'undici';
import { selfSigned } from '../http/certificate.js';

export interface TlsProxy {
  readonly url: string;
  readonly port: number;
  /** Sends requests as somebody at this address, and trusts the certificate. */
  fetchFrom(address: string): typeof fetch;
  /** Where the next requests go, in turn. */
  aim(ports: readonly number[]): void;
  close(): Promise<void>;
}

/** Where a request pretends to come from: everybody in a test is on this machine, and limits go by address. Never passed on. */
const CLIENT_ADDRESS = 'x-test-client-address';

export async function startTlsProxy(): Promise<TlsProxy> {
  const { key, cert } = selfSigned({ dnsName: 'localhost' });
  const trusting = new Agent({ connect: { ca: cert } });
  let ports: readonly number[] = [];
  let turn = 0;
  const server = createServer({ key, cert }, (req, res) => {
    const port = ports[turn++ % ports.length];
    if (port === undefined) res.writeHead(502).end();
    else passOn(req, res, port);
  });
  // Longer than any client keeps an idle connection, or a request may meet the end of one.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}`,
    port,
    fetchFrom: (address) => {
      const send = (url: string | URL, init: RequestInit = {}) => {
        const headers = new Headers(init.headers);
        headers.set(CLIENT_ADDRESS, address);
        return undiciFetch(url, { ...(init as object), headers: [...headers], dispatcher: trusting });
      };
      // undici's own types differ from the global ones in name only.
      return send as unknown as typeof fetch;
    },
    aim: (next) => {
      ports = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await trusting.destroy();
    },
  };
}

function passOn(req: IncomingMessage, res: ServerResponse, port: number): void {
  const { [CLIENT_ADDRESS]: address = req.socket.remoteAddress, 'x-forwarded-for': before, ...others } = req.headers;
  const headers = {
    ...others,
    'x-forwarded-for': [before, address].flat().filter(Boolean).join(', '),
    'x-forwarded-proto': 'https',
  };
  const onward = request({ host: '127.0.0.1', port, method: req.method, path: req.url, headers, agent: false });
  onward.on('response', (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(res);
    answer.on('error', () => res.destroy());
  });
  onward.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
  res.on('close', () => onward.destroy());
  req.pipe(onward);
}
