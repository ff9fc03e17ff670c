/** What is kept about issuers does not grow with the hosts that people name (sec-J4), and those in use stay. */
import { Sessions } from '../../src/connections/index.js';
import type { HttpClient } from '../../src/http/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { createCatalogue, defineProvider, type Provider } from '../../src/providers/index.js';

const definition = defineProvider({
  id: 'named',
  name: 'Named',
  protocol: 'oidc',
  issuer: 'https://login.example',
  scopes: { signIn: ['openid'], connect: ['openid'] },
  pkce: 'required',
  profile: { subject: 'sub' },
  api: { baseUrls: ['https://api.example'] },
});
const client = { clientId: 'id with spaces', clientSecret: 'secret: ü' };
const provider = createCatalogue({ definitions: [definition], clients: { named: client } }).get('named') as Provider;
const at = (issuer: string): Provider => ({ ...provider, definition: { ...provider.definition, issuer } });
const host = (number: number) => `https://h${number}.example`;

let sessions: Sessions;
/** Origins, in the order in which their documents were asked for. */
let asked: string[];
let authorization: string | null;
/** What a host waits for before it answers. */
let held: Map<string, Promise<void>>;

async function answer(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { origin: issuer, pathname } = new URL(input instanceof Request ? input.url : input);
  authorization = new Headers(init?.headers).get('authorization');
  if (!pathname.startsWith('/.well-known/')) return Response.json({});
  asked.push(issuer);
  await held.get(issuer);
  return Response.json({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    userinfo_endpoint: `${issuer}/me`,
  });
}

beforeEach(() => {
  asked = [];
  held = new Map();
  sessions = new Sessions({ http: { fetch: () => answer } as unknown as HttpClient });
});

test('of many issuers the last hundred that were used are remembered', async () => {
  for (let number = 0; number < 150; number++) {
    await sessions.oauth2Flow(at(host(number)));
    // One that is busy all the time.
    await sessions.oauth2Flow(at(host(0)));
  }
  expect(asked).toHaveLength(150);
  asked = [];
  for (const number of [149, 51, 0]) await sessions.oauth2Flow(at(host(number)));
  expect(asked).toEqual([]);
  await sessions.oauth2Flow(at(host(50)));
  expect(asked).toEqual([host(50)]);
});

test('calls may go to the userinfo endpoint that an issuer has just named, however many others were asked meanwhile', async () => {
  let release = () => {};
  held.set(host(0), new Promise((resolve) => (release = resolve)));
  const asking = sessions.profileUrl(at(host(0)));
  for (let number = 1; number <= 120; number++) await sessions.profileUrl(at(host(number)));
  release();
  const url = (await asking) ?? '';
  const credentials = { protocol: 'oauth2', token: new OAuth2Token({ accessToken: 'token' }) } as const;
  expect((await sessions.api(at(host(0)), credentials).fetch(url)).status).toBe(200);
  expect([url, authorization]).toEqual([`${host(0)}/me`, 'Bearer token']);
});

test('RFC 6749 section 2.3.1: our id and secret are form-encoded in Basic credentials', async () => {
  await sessions.asClient(provider, 'https://api.example/grants', { method: 'DELETE' });
  expect(Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64').toString()).toBe(
    'id+with+spaces:secret%3A+%C3%BC',
  );
});
