/** A whole OAuth 1.0a provider in memory, built on the verifying side; it stands for any host it is asked for. */
import { type FetchFunction, MemoryNonceStore, type VerifiedRequest, verifyRequest } from '../../src/oauth1/index.js';

export const CLIENT = { clientId: 'client-id', clientSecret: 'client-secret-canary' };
export const ENDPOINTS = {
  requestToken: 'https://api.example.com/oauth/request_token',
  authorize: 'https://api.example.com/oauth/authorize',
  accessToken: 'https://api.example.com/oauth/access_token',
};

export interface ProviderCall {
  readonly url: string;
  readonly init: RequestInit;
  readonly verified: VerifiedRequest | undefined;
}

interface Grant {
  readonly secret: string;
  readonly callback?: string;
  verifier?: string;
}

export class TestProvider {
  readonly calls: ProviderCall[] = [];
  /** Answers instead of the provider, in order; undefined lets it answer itself. */
  readonly script: (((url: string, init: RequestInit) => Response | Promise<Response>) | undefined)[] = [];
  /** How far the provider's clock is ahead, in milliseconds. */
  skewMs = 0;
  readonly #now: () => number;
  readonly #nonces: MemoryNonceStore;
  readonly #grants = new Map<string, Grant>();
  readonly #client: { clientId: string; clientSecret: string };
  #issued = 0;

  constructor(now: () => number = Date.now, client = CLIENT) {
    this.#now = () => now() + this.skewMs;
    this.#nonces = new MemoryNonceStore(this.#now);
    this.#client = client;
  }

  readonly fetch: FetchFunction = async (input, init = {}) => {
    if (typeof input !== 'string') throw new TypeError('A session calls with a string.');
    if (init.redirect !== 'manual') throw new TypeError('A session follows redirects itself.');
    init.signal?.throwIfAborted();
    const scripted = this.script.shift();
    const [answer, verified] =
      scripted === undefined ? await this.answer(input, init) : [await scripted(input, init), undefined];
    this.calls.push({ url: input, init, verified });
    if (!answer.headers.has('date')) answer.headers.set('date', new Date(this.#now()).toUTCString());
    return answer;
  };

  /** Answers one request for a public URL. */
  async answer(url: string, init: RequestInit): Promise<[Response, VerifiedRequest | undefined]> {
    const request = new Request(url, { ...init, redirect: 'manual' });
    const outcome = await verifyRequest(
      { method: request.method, url, headers: request.headers, body: Buffer.from(await request.arrayBuffer()) },
      {
        clientSecret: (clientId) => (clientId === this.#client.clientId ? this.#client.clientSecret : undefined),
        tokenSecret: (_clientId, token) => this.#grants.get(token)?.secret,
      },
      {
        methods: ['HMAC-SHA1', 'HMAC-SHA256', 'HMAC-SHA512', 'PLAINTEXT'],
        nonceStore: this.#nonces,
        now: this.#now,
      },
    );
    if (!outcome.verified) {
      const problem = outcome.reason === 'timestamp_out_of_window' ? 'timestamp_refused' : outcome.reason;
      const headers = {
        ...outcome.response.headers,
        'WWW-Authenticate': `OAuth realm="test", oauth_problem="${problem}"`,
      };
      return [new Response(outcome.response.body, { status: 401, headers }), undefined];
    }
    const { pathname } = new URL(url);
    if (pathname.endsWith('request_token')) return [this.#issueTemporary(outcome), outcome];
    if (pathname.endsWith('access_token')) return [this.#exchange(outcome), outcome];
    return [Response.json({ token: outcome.token ?? null, parameters: outcome.parameters }), outcome];
  }

  /** The person agrees: gives the address of the callback, or the number to type for `oob`. */
  authorize(authorizationUrl: string): string {
    const token = new URL(authorizationUrl).searchParams.get('oauth_token') ?? '';
    const grant = this.#grants.get(token);
    if (grant?.callback === undefined) throw new Error('This token cannot be authorised.');
    grant.verifier = `verifier-${token}`;
    if (grant.callback === 'oob') return grant.verifier;
    const callback = new URL(grant.callback);
    callback.searchParams.set('oauth_token', token);
    callback.searchParams.set('oauth_verifier', grant.verifier);
    return callback.href;
  }

  #issueTemporary({ protocolParameters }: VerifiedRequest): Response {
    const token = `temporary${++this.#issued}`;
    const { oauth_callback: callback = '' } = protocolParameters;
    this.#grants.set(token, { secret: `${token}-secret-canary`, callback });
    return form({ oauth_token: token, oauth_token_secret: `${token}-secret-canary`, oauth_callback_confirmed: 'true' });
  }

  #exchange({ token = '', protocolParameters }: VerifiedRequest): Response {
    const grant = this.#grants.get(token);
    const { oauth_verifier: verifier, oauth_session_handle: handle } = protocolParameters;
    if (handle === undefined && (verifier === undefined || grant?.verifier !== verifier)) {
      return form({ oauth_problem: 'token_rejected' }, 401);
    }
    this.#grants.delete(token);
    const granted = `token${++this.#issued}`;
    this.#grants.set(granted, { secret: `${granted}-secret-canary` });
    return form({
      oauth_token: granted,
      oauth_token_secret: `${granted}-secret-canary`,
      oauth_session_handle: 'handle-canary',
      oauth_expires_in: '3600',
      user_id: '6253282',
      screen_name: 'somebody',
    });
  }
}

function form(fields: Record<string, string>, status = 200): Response {
  return new Response(new URLSearchParams(fields).toString(), { status, headers: { 'content-type': 'text/html' } });
}
