/**
 * An example: RFC 5849's photo service in miniature, all three endpoints and a protected resource on node:http. The only
 * OAuth in it is `verifyRequest`; the rest is what any service has to decide for itself.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  buildCallbackUrl,
  generateVerifier,
  MemoryNonceStore,
  type RefusedRequest,
  type VerifiedRequest,
  verifyRequest,
} from '../../src/oauth1/index.js';

interface Temporary {
  readonly clientId: string;
  readonly secret: string;
  readonly callback: string;
  verifier?: string;
  owner?: string;
}

interface Granted {
  readonly clientId: string;
  readonly secret: string;
  readonly owner: string;
}

const MAX_BODY_BYTES = 64 * 1024;
const secret = () => randomBytes(24).toString('base64url');

/** @param clients secrets by client id */
export function createPhotoServer(clients: ReadonlyMap<string, string>): Server {
  const temporary = new Map<string, Temporary>();
  const granted = new Map<string, Granted>();
  const nonceStore = new MemoryNonceStore();
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(500).end());
  });
  return server;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The public URL comes from the configuration, never from the Host header.
    const { port } = server.address() as AddressInfo;
    const url = new URL(request.url ?? '/', `http://localhost:${port}`);
    const body = await readBody(request);
    if (body === undefined) return void response.writeHead(413).end();
    const verify = (tokens: ReadonlyMap<string, Temporary | Granted>, token: 'required' | 'forbidden') =>
      verifyRequest(
        { method: request.method ?? '', url: url.href, headers: request.headers, body },
        {
          clientSecret: (clientId) => clients.get(clientId),
          tokenSecret: (clientId, name) => {
            const found = tokens.get(name);
            return found?.clientId === clientId ? found.secret : undefined;
          },
        },
        { methods: ['HMAC-SHA1', 'HMAC-SHA256'], nonceStore, token, realm: 'Photos' },
      );

    switch (`${request.method} ${url.pathname}`) {
      case 'POST /initiate':
        return answer(response, await verify(new Map(), 'forbidden'), issueTemporary);
      case 'GET /authorize':
        return authorize(response, url.searchParams.get('oauth_token') ?? '');
      case 'POST /token':
        return answer(response, await verify(temporary, 'required'), exchange);
      case 'GET /photos':
        return answer(
          response,
          await verify(granted, 'required'),
          ({ token = '' }) => `photos of ${granted.get(token)?.owner}`,
        );
      default:
        response.writeHead(404).end();
    }
  }

  function issueTemporary({ clientId, protocolParameters }: VerifiedRequest): string | undefined {
    const { oauth_callback: callback } = protocolParameters;
    if (callback === undefined) return undefined;
    const token = secret();
    const issued = { clientId, secret: secret(), callback };
    temporary.set(token, issued);
    return form({ oauth_token: token, oauth_token_secret: issued.secret, oauth_callback_confirmed: 'true' });
  }

  /** Stands for signing in and agreeing. */
  function authorize(response: ServerResponse, token: string): void {
    const asked = temporary.get(token);
    if (asked === undefined) return void response.writeHead(400).end();
    asked.owner = 'Jane';
    asked.verifier = generateVerifier();
    if (asked.callback === 'oob') response.end(asked.verifier);
    else response.writeHead(303, { location: buildCallbackUrl(asked.callback, token, asked.verifier) }).end();
  }

  function exchange({ clientId, token = '', protocolParameters }: VerifiedRequest): string | undefined {
    const asked = temporary.get(token);
    // Spent before it is judged: guessing the verifier is worth one attempt.
    temporary.delete(token);
    if (asked?.owner === undefined || asked.verifier !== protocolParameters.oauth_verifier) return undefined;
    const name = secret();
    const grant = { clientId, secret: secret(), owner: asked.owner };
    granted.set(name, grant);
    return form({ oauth_token: name, oauth_token_secret: grant.secret });
  }
}

function answer(
  response: ServerResponse,
  outcome: VerifiedRequest | RefusedRequest,
  produce: (request: VerifiedRequest) => string | undefined,
): void {
  if (!outcome.verified) return void response.writeHead(401, outcome.response.headers).end(outcome.response.body);
  const text = produce(outcome);
  if (text === undefined) response.writeHead(400).end();
  else response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' }).end(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function form(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString();
}
