/** Where credentials may go is refused in the sandbox as it is at the real provider: with the same words, and with nothing sent. */
import { Sessions } from '../../src/connections/index.js';
import type { HttpClient } from '../../src/http/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { builtInDefinitions, createCatalogue, type Provider } from '../../src/providers/index.js';

const SANDBOX = 'http://localhost:4000';
const client = { clientId: 'id', clientSecret: 'secret' };
const real = createCatalogue({ definitions: builtInDefinitions, clients: { github: client, twitter: client } });
const standIn = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: SANDBOX });
const credentials = {
  github: { protocol: 'oauth2', token: new OAuth2Token({ accessToken: 'token' }) },
  twitter: { protocol: 'oauth1', token: { token: 'token', tokenSecret: 'secret' } },
} as const;

let sent: { url: string; body: string }[];
const sessions = () =>
  new Sessions({
    http: {
      fetch: () => async (input: string | URL | Request, init?: RequestInit) => {
        const request = new Request(input, init);
        sent.push({ url: request.url, body: await request.text() });
        return new Response();
      },
    } as unknown as HttpClient,
  });
const sessionOf = (provider: Provider | undefined, id: keyof typeof credentials) => {
  // As the vault gives them back; their type is not made by hand.
  return sessions().api(provider as Provider, credentials[id] as Parameters<Sessions['api']>[1]);
};

beforeEach(() => {
  sent = [];
});

describe.each(['github', 'twitter'] as const)('%s', (id) => {
  test.each([
    'https://evil.example/x',
    'https://api.github.com.evil.example/',
    'http://api.github.com/',
    'http://api.x.com/',
  ])('%s is refused in the same words, and nothing is sent', async (address) => {
    const refusal = async (provider: Provider | undefined) => {
      const error: unknown = await sessionOf(provider, id)
        .fetch(address)
        .catch((reason: unknown) => reason);
      return error instanceof Error && 'code' in error ? [error.code, error.message] : ['nothing', String(error)];
    };
    const here = await refusal(standIn.get(id));
    expect(here).toEqual(await refusal(real.get(id)));
    expect(here[0]).toMatch(/_origin_not_allowed$|_insecure/);
    expect(sent).toEqual([]);
  });
});

test('another provider’s part of the sandbox is another host', async () => {
  const { fetch } = sessionOf(standIn.get('github'), 'github');
  await expect(fetch(`${SANDBOX}/api.x.com/2/users/me`)).rejects.toMatchObject({ code: 'oauth2_origin_not_allowed' });
  expect(sent).toEqual([]);
});

test('the provider’s own addresses lead into the sandbox, and a request keeps what it holds', async () => {
  const session = sessionOf(standIn.get('github'), 'github');
  await session.fetch('https://api.github.com/user');
  await session.fetch(new Request('https://api.github.com/repos', { method: 'POST', body: '{"name":"attic"}' }));
  expect(sent).toEqual([
    { url: `${SANDBOX}/api.github.com/user`, body: '' },
    { url: `${SANDBOX}/api.github.com/repos`, body: '{"name":"attic"}' },
  ]);
});
