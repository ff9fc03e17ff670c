/**
 * Stands between one app process and the sandbox, as the network does, and remembers what passed: when each token call began, when the provider had
 * decided, when its answer was delivered or its caller gone, and every secret that was issued. One recorder for each process tells whose call it was.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenCall {
  readonly process: number;
  readonly grantType: string;
  /** The refresh token that was sent. */
  readonly sent: string;
  /** Milliseconds of one clock, as all times here. */
  readonly begunAt: number;
  /** When the provider's answer was complete; it has changed its state by then. */
  decidedAt?: number;
  status?: number;
  /** The refresh token that was given. */
  given?: string;
  /** When the answer was handed over, or its caller was gone. */
  endedAt?: number;
  delivered?: boolean;
}

export interface Recorder {
  readonly origin: string;
  /** Keeps each token call waiting this long before it is passed on. */
  delayMs: number;
  close(): Promise<void>;
}

/** What all recorders of a cluster write to. */
export class Recording {
  readonly calls: TokenCall[] = [];
  readonly secrets = new Set<string>();
  /** Whose account a refresh token stands for, all generations of it. */
  readonly #accounts = new Map<string, string>();
  #waiting: ((call: TokenCall) => void)[] = [];

  begin(call: TokenCall): void {
    this.calls.push(call);
    for (const resolve of this.#waiting.splice(0)) resolve(call);
  }

  /** The next token call, as soon as it begins. */
  nextCall(): Promise<TokenCall> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** What was just granted belongs to this account. */
  granted(account: string): void {
    const call = this.calls.findLast(
      ({ grantType, given }) => grantType === 'authorization_code' && given !== undefined,
    );
    if (call?.given !== undefined) this.#accounts.set(call.given, account);
  }

  /** Refreshes by account, in the order they began. */
  refreshes(): Map<string, TokenCall[]> {
    const found = new Map<string, TokenCall[]>();
    for (const call of this.calls) {
      const account = this.#accounts.get(call.sent);
      if (account === undefined) continue;
      found.set(account, [...(found.get(account) ?? []), call]);
      if (call.given !== undefined) this.#accounts.set(call.given, account);
    }
    return found;
  }

  note(text: string): void {
    for (const [, secret] of text.matchAll(/"(?:access_token|refresh_token|id_token)"\s*:\s*"([^"]+)"/g))
      if (secret) this.secrets.add(secret);
    for (const [, secret] of text.matchAll(/(?:^|&)(?:oauth_token|oauth_token_secret)=([^&\s]+)/g))
      if (secret) this.secrets.add(decodeURIComponent(secret));
  }
}

const TOKEN_PATH = /\/oauth2\/token$/;
const ISSUING_PATH = /token$/;

export async function startRecorder(process: number, sandboxOrigin: string, recording: Recording): Promise<Recorder> {
  const upstream = new URL(sandboxOrigin);
  const timers = new Set<NodeJS.Timeout>();
  const recorder = { delayMs: 0 };
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const sent = await read(incoming);
    const path = incoming.url ?? '/';
    const form = new URLSearchParams(sent.toString('utf8'));
    const call = TOKEN_PATH.test(path) ? begin(process, form) : undefined;
    if (call) {
      recording.begin(call);
      outgoing.on('close', () => {
        call.endedAt ??= performance.now();
        call.delivered ??= outgoing.writableFinished;
      });
    }
    const send = (): void => {
      const onward = request(
        {
          agent: false,
          host: upstream.hostname,
          port: upstream.port,
          path,
          method: incoming.method,
          // The host too stays as it was sent, because OAuth 1 signs it.
          headers: incoming.headers,
        },
        async (answer) => {
          const body = await read(answer);
          const text = body.toString('utf8');
          if (ISSUING_PATH.test(path)) recording.note(text);
          if (call) decide(call, answer.statusCode ?? 0, text);
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(body);
        },
      );
      onward.on('error', () => outgoing.destroy());
      onward.end(sent);
    };
    if (!call || recorder.delayMs === 0) return send();
    const timer = setTimeout(() => {
      timers.delete(timer);
      send();
    }, recorder.delayMs);
    timers.add(timer);
  };
  const server: Server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(recorder, {
    origin: `http://localhost:${port}`,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function begin(process: number, form: URLSearchParams): TokenCall {
  const grantType = form.get('grant_type') ?? '';
  return { process, grantType, sent: form.get('refresh_token') ?? '', begunAt: performance.now() };
}

function decide(call: TokenCall, status: number, text: string): void {
  call.decidedAt = performance.now();
  call.status = status;
  const given = /"refresh_token"\s*:\s*"([^"]+)"/.exec(text)?.[1];
  if (given !== undefined) call.given = given;
}

async function read(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
