/**
 * The redirect URI of a program on somebody's machine (RFC 8252 section 7.3): a listener on 127.0.0.1, any free port, for as long as one
 * authorization takes. It hands over what arrives; whether that belongs to this attempt is the flow's to judge.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliFailure } from '../failure.js';
import { type LoopbackPage, PAGE_HEADERS, pageHtml } from './loopback-page.js';

export interface Arrival {
  /** The callback's parameters, exactly as they came. */
  readonly parameters: URLSearchParams;
  /** Every arrival is answered once. */
  answer(page: LoopbackPage): void;
}

export interface LoopbackListener {
  readonly redirectUri: string;
  /** Waits for the next callback. @throws the signal's reason */
  next(signal: AbortSignal): Promise<Arrival>;
  close(): Promise<void>;
}

const BODY_LIMIT = 64 * 1024;

/**
 * @param path of the redirect URI, `/auth/<provider>/callback`
 * @param port 0 for any free one; a fixed one for providers that compare the whole address
 * @throws CliFailure when the port is taken
 */
export async function listenOnLoopback(path: string, port: number): Promise<LoopbackListener> {
  const arrived: Arrival[] = [];
  let wake: () => void = () => undefined;
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 20_000 }, (request, response) => {
    receive(request, response, path).then(
      (arrival) => {
        if (!arrival) return;
        arrived.push(arrival);
        wake();
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new CliFailure('port_taken', `Nothing can listen on port ${port} of this machine.`, 'Choose another --port.', {
          cause,
        }),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    redirectUri: `http://127.0.0.1:${bound}${path}`,
    async next(signal) {
      for (;;) {
        signal.throwIfAborted();
        const arrival = arrived.shift();
        if (arrival) return arrival;
        await new Promise<void>((resolve, reject) => {
          const stop = () => reject(signal.reason);
          signal.addEventListener('abort', stop, { once: true });
          wake = () => {
            signal.removeEventListener('abort', stop);
            resolve();
          };
        });
      }
    },
    close: () =>
      new Promise((resolve) => {
        for (const arrival of arrived.splice(0)) arrival.answer(tooLate);
        server.close(() => resolve());
        server.closeIdleConnections();
        // The last page is on its way; a browser that does not take it must not keep the command running.
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
      }),
  };
}

const tooLate: LoopbackPage = {
  status: 410,
  title: 'This is over',
  text: 'The command has ended. You can close this tab.',
};

async function receive(request: IncomingMessage, response: ServerResponse, path: string): Promise<Arrival | undefined> {
  const { method = '', headers, url = '' } = request;
  const mark = url.indexOf('?');
  const send = (page: LoopbackPage) => {
    if (response.headersSent) return;
    response.writeHead(page.status, PAGE_HEADERS).end(pageHtml(page));
  };
  const refuse = (status: number, text: string) => send({ status, title: 'Nothing to see here', text });
  // Another host name means that a page elsewhere made a browser call us (DNS rebinding).
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')) {
    refuse(421, 'This address belongs to a command on this machine.');
  } else if ((mark < 0 ? url : url.slice(0, mark)) !== path) {
    refuse(404, 'A command is waiting here for somebody to come back from another site.');
  } else if (headers['sec-purpose']?.includes('prefetch')) {
    refuse(503, 'Not ahead of time.');
  } else if (method === 'GET' || method === 'POST') {
    const query = mark < 0 ? '' : url.slice(mark + 1);
    return { parameters: new URLSearchParams(method === 'POST' ? await formOf(request) : query), answer: send };
  } else {
    response.setHeader('Allow', 'GET, POST');
    refuse(405, 'Only GET, or POST for providers that send a form.');
  }
  return undefined;
}

async function formOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > BODY_LIMIT) throw new CliFailure('callback_too_large', 'The callback is too large.');
  }
  return text;
}
