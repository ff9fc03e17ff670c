/** `/setup`: what is configured, what is missing and why, and what to paste where. */
import { defineProvider } from '../../src/providers/index.js';
import { startApp, type TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({
    clients: {
      github: { clientId: 'github-id', clientSecret: 'CANARY-github-secret' },
      fitbit: { clientId: 'fitbit-id', clientSecret: 'CANARY-fitbit-secret' },
    },
    problems: new Map([
      ['google', 'GOOGLE_CLIENT_SECRET is missing.'],
      ['acme', 'ACME_ISSUER must be an https address.'],
    ]),
    definitions: [
      defineProvider({
        id: 'public-one',
        name: 'Public <b>One</b>',
        protocol: 'oauth2',
        authorize: { url: 'https://public.test/authorize' },
        token: { url: 'https://public.test/token', clientAuth: 'none' },
        scopes: { signIn: [], connect: [] },
        pkce: 'required',
        profile: { url: 'https://public.test/me', subject: 'id' },
        api: { baseUrls: ['https://public.test'] },
        register: { steps: ['Press the big <script> button.'], callbackRule: 'Compared exactly.' },
      }),
    ],
  });
}, 60_000);
afterAll(() => app.close());

/** The part of the page that is about one provider. */
async function itemOf(id: string): Promise<string> {
  const { text } = await app.browser().get('/setup');
  const item = text.split('<details ').find((part) => part.includes(`id="callback-${id}"`));
  if (item === undefined) throw new Error(`/setup says nothing about ${id}.`);
  return item.split('</details>')[0] ?? '';
}

test('a configured provider: its exact callback URL, its variables without their values, and a button that runs the flow', async () => {
  const item = await itemOf('github');
  expect(item).toContain('Configured');
  expect(item).toContain(`<code id="callback-github">${app.url}/auth/github/callback</code>`);
  expect(item).toContain('GITHUB_CLIENT_ID=\nGITHUB_CLIENT_SECRET=');
  expect(item).toContain('https://github.com/settings/developers');
  expect(item).toContain(`action="/auth/github"`);
  const { text } = await app.browser().get('/setup');
  expect(text).not.toContain('CANARY');
});

test('the button starts the flow at the provider, with the callback URL of the page', async () => {
  const started = await app.browser().post('/auth/github');
  expect(started.status).toBe(303);
  const url = new URL(started.location ?? '');
  expect([url.origin, url.searchParams.get('redirect_uri')]).toEqual([
    'https://github.com',
    `${app.url}/auth/github/callback`,
  ]);
});

test('what was begun and is not complete stands first, with the reason', async () => {
  const item = await itemOf('google');
  expect(item).toContain('Switched off');
  expect(item).toContain('GOOGLE_CLIENT_SECRET is missing.');
  expect(item).not.toContain('<form');
  const { text } = await app.browser().get('/setup');
  expect(text.indexOf('id="callback-google"')).toBeLessThan(text.indexOf('id="callback-github"'));
});

test('an issuer that could not become a provider says why, and which variables it has', async () => {
  const item = await itemOf('acme');
  expect(item).toContain('ACME_ISSUER must be an https address.');
  expect(item).toContain('ACME_ISSUER=\nACME_CLIENT_ID=\nACME_CLIENT_SECRET=');
});

test('a provider that was shut is called that where it is configured, and not in the sandbox', async () => {
  expect(await itemOf('fitbit')).toMatch(
    /has ended on 2026-11-02\. Configure Fitbit \(Google Health\) instead|has ended on 2026-11-02/,
  );
  expect(await itemOf('fitbit-oauth1')).not.toContain('has ended');
});

test('the words of the protocol: consumer key and secret for OAuth 1, no secret for a public client', async () => {
  expect(await itemOf('twitter')).toContain('TWITTER_CLIENT_ID: consumer key · TWITTER_CLIENT_SECRET: consumer secret');
  expect(await itemOf('public-one')).not.toContain('PUBLIC_ONE_CLIENT_SECRET');
});

test('definitions are data, not markup', async () => {
  const item = await itemOf('public-one');
  expect(item).toContain('Press the big &lt;script&gt; button.');
  expect(item).not.toContain('<b>One</b>');
});

test('a search without scripts shows what was searched for', async () => {
  const { text } = await app.browser().get('/setup?find=git%20hub');
  expect(text).toContain('id="callback-github"');
  expect(text).not.toContain('id="callback-google"');
});
