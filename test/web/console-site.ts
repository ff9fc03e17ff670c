/** An app with an API of its own behind it that records what arrives and answers as it is told, and people connected to it with known tokens. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Credentials, sealCredentials } from '../../src/connections/index.js';
import { TokenCredentials } from '../../src/oauth1/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { defineProvider, type GrantDetails } from '../../src/providers/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { startApp, TEST_VAULT_KEYS, type TestApp } from '../support/app.js';
import type { Browser, Page } from '../support/browser.js';
import { seedPerson, seedSession } from '../support/people.js';

export const ACCESS_TOKEN = 'CANARY/access+token==';
export const REFRESH_TOKEN = 'CANARY-refresh-token';
export const TOKEN = 'CANARY-oauth1-token';
export const TOKEN_SECRET = 'CANARY-oauth1-secret&more';
export const CLIENT_SECRET = 'CANARY-client-secret';

export interface ApiCall {
  readonly method: string;
  /** As it stands on the request line. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface ConsoleSite {
  readonly app: TestApp;
  readonly person: Person;
  readonly apiUrl: string;
  readonly calls: ApiCall[];
  answerWith(handler: (req: IncomingMessage, res: ServerResponse, body: string) => void): void;
  connect(userId: string, provider: string, details?: GrantDetails): Promise<string>;
  newPerson(): Promise<Person>;
  /** Presses the button of a connection's console. */
  send(id: string, fields: Record<string, string>, browser?: Browser): Promise<Page>;
  close(): Promise<void>;
}

export interface Person {
  readonly id: string;
  readonly browser: Browser;
}

const ok = (_req: IncomingMessage, res: ServerResponse) =>
  res.writeHead(200, { 'content-type': 'application/json' }).end('{}');

export async function startConsoleSite(): Promise<ConsoleSite> {
  const calls: ApiCall[] = [];
  let handler: (req: IncomingMessage, res: ServerResponse, body: string) => void = ok;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { method = '', url: target = '', headers, rawHeaders } = req;
      calls.push({ method, target, headers, rawHeaders, body });
      handler(req, res, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = { clientId: 'our-client', clientSecret: CLIENT_SECRET };
  const app = await startApp({
    definitions: definitionsAt(apiUrl),
    clients: { 'api-two': client, 'api-one': client, 'api-named': client },
  });
  const vault = new Vault(KeyRing.parse(TEST_VAULT_KEYS));
  const newPerson = async () => {
    const id = await seedPerson(app.database, { name: 'Robin Developer' });
    const browser = app.browser();
    await seedSession(app.database, browser, id);
    return { id, browser };
  };
  const person = await newPerson();
  return {
    app,
    person,
    apiUrl,
    calls,
    newPerson,
    answerWith(next) {
      handler = next;
    },
    async connect(userId, provider, details) {
      const id = randomUUID();
      const credentials: Credentials =
        provider === 'api-one'
          ? { protocol: 'oauth1', token: TokenCredentials.from({ token: TOKEN, tokenSecret: TOKEN_SECRET }) }
          : {
              protocol: 'oauth2',
              token: new OAuth2Token({ accessToken: ACCESS_TOKEN, refreshToken: REFRESH_TOKEN }),
              ...(details ? { details } : {}),
            };
      const account = {
        provider,
        namespace: provider,
        sandbox: false,
        subject: `s-${id}`,
        label: 'robin',
        profile: {},
      };
      await app.database.prisma.connection.create({
        data: { id, userId, ...account, ...sealCredentials(vault, id, credentials) },
      });
      return id;
    },
    send: (id, fields, browser = person.browser) => browser.post(`/connections/${id}/console`, fields),
    async close() {
      await app.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function definitionsAt(apiUrl: string) {
  const profile = { url: `${apiUrl}/v2/me`, subject: 'id' };
  return [
    defineProvider({
      id: 'api-two',
      name: 'Api Two',
      protocol: 'oauth2',
      authorize: { url: `${apiUrl}/authorize` },
      token: { url: `${apiUrl}/token`, clientAuth: 'basic' },
      scopes: { signIn: [], connect: [] },
      pkce: 'required',
      profile,
      api: {
        baseUrls: [`${apiUrl}/v2`],
        hosts: [apiUrl.replace('127.0.0.1', 'localhost')],
        headers: { 'Client-Id': '{clientId}', 'Api-Flavour': 'plain' },
      },
    }),
    defineProvider({
      id: 'api-one',
      name: 'Api One',
      protocol: 'oauth1',
      oauth1: {
        requestToken: `${apiUrl}/request`,
        authorize: `${apiUrl}/authorize`,
        accessToken: `${apiUrl}/access`,
        signatureMethod: 'HMAC-SHA1',
      },
      scopes: { signIn: [], connect: [] },
      pkce: 'forbidden',
      profile,
      api: { baseUrls: [`${apiUrl}/v2`] },
    }),
    defineProvider({
      id: 'api-named',
      name: 'Api Named',
      protocol: 'oauth2',
      instance: { label: 'Your server', placeholder: 'example.social', pattern: '[a-z0-9.:[\\]-]+' },
      authorize: { url: 'https://{instance}/authorize' },
      token: { url: 'https://{instance}/token', clientAuth: 'basic' },
      scopes: { signIn: [], connect: [] },
      pkce: 'required',
      profile: { url: 'https://{instance}/me', subject: 'id' },
      api: { baseUrls: ['https://{instance}/api'] },
    }),
  ];
}
