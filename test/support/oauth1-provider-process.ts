/** Starts the OAuth 1.0a provider of test/peers/oauth1-provider.py (Debian's python3-oauthlib) and talks to its control endpoints. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type PeerSignatureMethod = 'HMAC-SHA1' | 'HMAC-SHA256' | 'RSA-SHA1' | 'PLAINTEXT';

/** A client as the provider knows it. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly signatureMethod: PeerSignatureMethod;
  readonly clientSecret?: string;
  /** PEM, for RSA-SHA1. */
  readonly publicKey?: string;
  /** Exact callback URLs, and `oob` where that is wanted. */
  readonly callbacks: readonly string[];
  /** How the callback tells that the person said no; default `denied`, with the temporary token as its value. */
  readonly denial?: 'denied' | 'oauth_problem';
}

/** A request that reached the provider. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number | null;
  /** Oauthlib's verdict on each part of a request for a protected resource, as far as it got. */
  readonly checks: Readonly<Record<string, boolean>>;
}

export interface OAuth1ProviderProcess {
  readonly origin: string;
  register(client: RegisteredClient): Promise<void>;
  /** Oldest first. @param path only those for this path */
  requests(path?: string): Promise<readonly SeenRequest[]>;
  close(): Promise<void>;
}

/** Debian's own interpreter: another one on the PATH would not have Debian's packages. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('../peers/oauth1-provider.py', import.meta.url));

/** @throws Error with what the script wrote, when it ends instead of listening */
export async function startOAuth1Provider(): Promise<OAuth1ProviderProcess> {
  const child = spawn(PYTHON, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
  const gone = once(child, 'exit');
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const first = await Promise.race([once(createInterface(child.stdout), 'line'), gone.then(() => undefined)]);
  if (first === undefined) throw new Error(`The OAuth 1 provider did not start (python3-oauthlib?):\n${complaints}`);
  const { port } = JSON.parse(String(first[0])) as { port: number };
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    async register(client) {
      const response = await fetch(`${origin}/_control/clients`, { method: 'POST', body: JSON.stringify(client) });
      if (response.status !== 201) throw new Error(`Registering a client was answered with ${response.status}.`);
      await response.body?.cancel();
    },
    async requests(path) {
      const response = await fetch(`${origin}/_control/requests`);
      const { requests } = (await response.json()) as { requests: readonly SeenRequest[] };
      return path === undefined ? requests : requests.filter((request) => request.path === path);
    },
    async close() {
      child.stdin.end();
      await gone;
    },
  };
}
