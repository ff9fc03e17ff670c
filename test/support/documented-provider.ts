/**
 * A provider that gives the documented answers, and the real engine (flows, sessions, HTTP client) talking to it. Nothing leaves the process: the
 * HTTP client is handed a scripted connection, so that the definitions' own https addresses are called.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { MockAgent } from 'undici';
import { Sessions } from '../../src/connections/index.js';
import type { PrismaClient } from '../../src/db/index.js';
import type { Events } from '../../src/events/index.js';
import { type AcceptedFlow, acceptCallback, beginFlow, type FlowJar, type Intent } from '../../src/flows/index.js';
import { HttpClient } from '../../src/http/index.js';
import { createCatalogue, type Provider, type ProviderDefinition } from '../../src/providers/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { type DocumentedResponse, type Evidence, type Example, fill } from './evidence.js';

export const NOW = Date.parse('2026-11-21T12:00:00Z');
export const CLIENT = { clientId: 'our client/id', clientSecret: 'our secret & more' };
const USER = '11111111-1111-4111-8111-111111111111';

/** One request as it arrived. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Attempt {
  readonly url: URL;
  /** Checks the callback, and goes on from there. */
  comeBack(location: string | undefined): Promise<AcceptedFlow>;
}

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export class DocumentedProvider {
  readonly provider: Provider;
  readonly sessions: Sessions;
  readonly callbackUrl: string;
  readonly calls: Call[] = [];
  /** What placeholders stand for; grows as the flow goes on. */
  readonly known: Record<string, string>;
  readonly #evidence: Evidence;
  readonly #agent = new MockAgent();
  readonly #http: HttpClient;
  #answers: readonly Example[] = [];

  constructor(evidence: Evidence, definition: ProviderDefinition) {
    this.#evidence = evidence;
    this.callbackUrl = `https://app.example/auth/${definition.id}/callback`;
    this.known = {
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
      redirect_uri: this.callbackUrl,
      day: '2026-11-21',
      'day-6': '2026-11-15',
    };
    this.#agent.disableNetConnect();
    this.#agent
      .get(() => true)
      .intercept({ path: () => true, method: () => true })
      .reply((request) => this.#answer(request))
      .persist();
    this.#http = new HttpClient({ dispatcher: this.#agent });
    this.sessions = new Sessions({ http: this.#http, now: () => NOW });
    const catalogue = createCatalogue({ definitions: [definition], clients: { [definition.id]: CLIENT } });
    const provider = catalogue.get(definition.id);
    if (!provider) throw new Error(`${definition.id} is not in the catalogue.`);
    this.provider = provider;
  }

  /** @param examples answered from now on, each to the requests for its address */
  answers(examples: readonly Example[]): void {
    this.#answers = [...this.#evidence.examples.filter(({ step }) => step === 'discovery'), ...examples];
    this.calls.length = 0;
  }

  async begin(intent: Intent): Promise<Attempt> {
    const jar = memoryJar();
    const vault = new Vault(KeyRing.parse(`test:${Buffer.alloc(32, 7).toString('base64')}`));
    const url = new URL(
      await beginFlow(
        { sessions: this.sessions, vault, now: () => NOW },
        { provider: this.provider, intent, userId: USER, returnTo: undefined, callbackUrl: this.callbackUrl },
        jar,
      ),
    );
    for (const name of ['state', 'nonce', 'scope']) this.#learn(name, url.searchParams.get(name));
    return { url, comeBack: (location) => this.#comeBack(location, vault, jar) };
  }

  /** The calls to the address of an example. */
  callsTo({ request }: Example): readonly Call[] {
    const address = new URL(fill(request?.url ?? '', this.#inAddresses()));
    return this.calls.filter(({ url }) => url.origin === address.origin && url.pathname === address.pathname);
  }

  async close(): Promise<void> {
    await this.#http.close();
    await this.#agent.close();
  }

  #comeBack(location: string | undefined, vault: Vault, jar: FlowJar): Promise<AcceptedFlow> {
    const parameters = new URL(fill(location ?? '', this.known)).searchParams;
    this.#learn('code', parameters.get('code'));
    // The two tables that a callback touches before its account is known.
    const prisma = { spentFlow: { createMany: () => Promise.resolve({ count: 1 }) } } as unknown as PrismaClient;
    const events = { record: () => Promise.resolve() } as unknown as Events;
    return acceptCallback(
      { sessions: this.sessions, vault, prisma, events, now: () => NOW },
      { provider: this.provider, parameters, callbackUrl: this.callbackUrl, jar, signedInAs: USER },
    );
  }

  #learn(name: string, value: string | null): void {
    if (value !== null) this.known[name] = value;
  }

  #inAddresses(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.known).map(([name, value]) => [name, encodeURIComponent(value)]));
  }

  #answer(request: { origin?: unknown; path: string; method: string; headers?: unknown; body?: unknown }) {
    const call: Call = {
      method: request.method,
      url: new URL(request.path, String(request.origin)),
      headers: Object.fromEntries(
        Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
      ),
      body: textOf(request.body),
    };
    this.calls.push(call);
    if (call.url.href === this.#keysUrl()) return answerOf({ status: 200, headers: {}, body: { keys: [publicJwk()] } });
    const example = this.#answers.find((candidate) => this.callsTo(candidate).includes(call));
    if (!example?.response) return answerOf({ status: 599, headers: {}, body: `nobody documented ${call.url.href}` });
    const token = this.#accessTokenIn(example.response.body);
    const idToken = this.#evidence.idToken ? this.#idToken(this.#evidence.idToken, token) : '';
    return answerOf(fill(example.response, { id_token: idToken }));
  }

  #keysUrl(): unknown {
    const discovery = this.#evidence.examples.find(({ step }) => step === 'discovery')?.response?.body;
    return (discovery as { jwks_uri?: string } | undefined)?.jwks_uri;
  }

  #accessTokenIn(body: unknown): string {
    return String((body as { access_token?: string } | undefined)?.access_token ?? '');
  }

  #idToken(claims: Readonly<Record<string, unknown>>, accessToken: string): string {
    const half = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');
    const seconds = NOW / 1000;
    const whole = { ...fill(claims, this.known), iat: seconds, exp: seconds + 3600 };
    const payload = { ...whole, ...('at_hash' in whole ? { at_hash: half } : {}) };
    const parts = [{ alg: 'RS256', typ: 'JWT', kid: 'documented' }, payload].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const signature = sign('sha256', Buffer.from(parts.join('.')), privateKey).toString('base64url');
    return [...parts, signature].join('.');
  }
}

function publicJwk(): object {
  return { ...publicKey.export({ format: 'jwk' }), kid: 'documented', use: 'sig', alg: 'RS256' };
}

function answerOf({ status, headers, body = '' }: DocumentedResponse) {
  const data = typeof body === 'string' ? body : JSON.stringify(body);
  return { statusCode: status, data, responseOptions: { headers: { ...headers } } };
}

function textOf(body: unknown): string {
  if (body === undefined || body === null) return '';
  return typeof body === 'string' ? body : Buffer.from(body as Uint8Array).toString('utf8');
}

function memoryJar(): FlowJar {
  const flows = new Map<string, string>();
  return {
    all: () => flows,
    put: ({ name, value }) => flows.set(name, value),
    drop: (name) => flows.delete(name),
  };
}
