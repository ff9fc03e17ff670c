/**
 * The HTTP server of a process of its own, with what Node leaves open: time limits for slow senders (sec-K3), our headers on the answers that
 * its parser gives by itself (sec-L4), and an end that waits for answers, but not for requests that never finish coming (sec-R5).
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export interface HttpServer {
  readonly server: Server;
  /**
   * Takes no new connections, lets the answers under way finish, and resolves when every connection is closed.
   * @param patienceMs then what is still open is cut
   */
  drain(patienceMs: number): Promise<void>;
}

export type Headers = Readonly<Record<string, number | string | readonly string[]>>;

export interface TimeLimits {
  /** From the connection, or the last request on it, to the end of the next one's headers. */
  readonly headersMs: number;
  /** To its last byte. */
  readonly requestMs: number;
  /** How often both are looked after. */
  readonly checkMs: number;
  /** A request that is coming in when the process is told to stop has this long to be complete. */
  readonly arrivalMs: number;
}

const usualLimits: TimeLimits = { headersMs: 15_000, requestMs: 30_000, checkMs: 5_000, arrivalMs: 1_000 };
/** Longer than the usual proxy keeps a connection, so that it is never us who close one that is just being used again. */
const KEEP_ALIVE_MS = 75_000;
const MAX_HEADER_BYTES = 16 * 1024;
const SWEEP_MS = 50;

const statusOf: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** @param headers of every answer that the handler has no part in */
export function createHttpServer(handle: RequestListener, headers: Headers, limits = usualLimits): HttpServer {
  const connections = new Map<Duplex, { answer: ServerResponse | undefined; request: IncomingMessage | undefined }>();
  let draining = false;
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Checked by requireOwnHost, which has a page for it.
      requireHostHeader: false,
    },
    (req, res) => {
      const state = connections.get(req.socket);
      if (state) Object.assign(state, { answer: res, request: req });
      res.once('close', () => {
        if (state?.answer === res) Object.assign(state, { answer: undefined, request: undefined });
      });
      if (draining) res.setHeader('Connection', 'close');
      handle(req, res);
    },
  );
  // Beyond such a count Node leaves headers out without a word, and the last ones are what a proxy added. Their bytes are limited anyway.
  server.maxHeadersCount = 0;
  server.on('connection', (socket) => {
    connections.set(socket, { answer: undefined, request: undefined });
    socket.once('close', () => connections.delete(socket));
  });
  const refuse = (socket: Duplex, status: string) => {
    // An answer that has begun cannot be taken back; a second one behind it would be read as its body.
    const begun = connections.get(socket)?.answer?.headersSent === true;
    if (!socket.writable || begun) socket.destroy();
    // Closed from here: a client that does not close its own half would hold the connection for as long as it likes.
    else socket.end(bareAnswer(status, headers), () => socket.destroy());
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET') socket.destroy();
    else refuse(socket, statusOf[error.code ?? ''] ?? '400 Bad Request');
  });
  // A tunnel is no business of ours, and neither is any expectation but 100-continue.
  server.on('connect', (_req, socket: Duplex) => {
    // Node gives the connection away and no longer listens: without this, a client that resets it ends the process.
    socket.on('error', () => socket.destroy());
    refuse(socket, '405 Method Not Allowed');
  });
  server.on('checkExpectation', (_req, res) => {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    res.writeHead(417, { Connection: 'close' }).end();
  });

  return {
    server,
    async drain(patienceMs) {
      if (!server.listening) return;
      draining = true;
      const began = performance.now();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const sweep = () => {
        const waited = performance.now() - began;
        for (const [socket, { answer, request }] of connections) {
          if (waited >= patienceMs) socket.destroy();
          // Nobody is being answered there, or what is asked never gets here.
          else if (waited >= limits.arrivalMs && !(answer && request?.complete)) socket.destroy();
          else if (answer && !answer.headersSent) answer.setHeader('Connection', 'close');
        }
        server.closeIdleConnections();
      };
      sweep();
      const timer = setInterval(sweep, SWEEP_MS);
      await closed;
      clearInterval(timer);
    },
  };
}

function bareAnswer(status: string, headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const body = `${status.slice(4)}\n`;
  const own = ['Content-Type: text/plain; charset=utf-8', `Content-Length: ${body.length}`, 'Connection: close'];
  return [`HTTP/1.1 ${status}`, ...lines, ...own, '', body].join('\r\n');
}
