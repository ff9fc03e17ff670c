/**
 * Every definition of the catalogue through the whole app against the sandbox: denied, connect, profile, call, refresh, expired, withdrawn,
 * reconnect, revoke. Both sides obey the definition here; whether it says what the real service does is the business of evidence.test.ts.
 */
import { builtInDefinitions, defineProvider, type ProviderDefinition } from '../../src/providers/index.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';

/** No service of the catalogue signs with RSA; somebody's own may. */
const withRsa = defineProvider({
  id: 'rsa-one',
  name: 'RSA One',
  protocol: 'oauth1',
  oauth1: {
    requestToken: 'https://rsa.test/request_token',
    authorize: 'https://rsa.test/authorize',
    accessToken: 'https://rsa.test/access_token',
    signatureMethod: 'RSA-SHA256',
    realm: 'photos',
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  profile: { url: 'https://api.rsa.test/me', subject: '/https:~1~1rsa.test~1id', name: 'name' },
  api: { baseUrls: ['https://api.rsa.test'] },
});
const all = [...builtInDefinitions, withRsa];

let app: TestApp;
let browser: Browser;
let userId: string;
/** Good for all forms of this browser; asking for it anew would render the first page hundreds of times. */
let csrf: string;

beforeAll(async () => {
  app = await startApp({ definitions: [withRsa] });
  browser = app.browser();
  await app.signIn(browser, 'somebody at X');
  csrf = await browser.csrf();
  userId = (await app.database.prisma.user.findFirstOrThrow()).id;
});
afterAll(() => app.close());

const SUBJECT = '4711';

describe.each(all.map((definition) => [definition.id, definition] as const))('%s', (id, definition) => {
  const fields: Record<string, string> = definition.instance ? { instance: definition.instance.placeholder } : {};
  const row = () =>
    app.database.prisma.connection.findFirst({ where: { provider: id, userId, NOT: { subject: 'somebody at X' } } });
  const call = async () => {
    const connection = (await row())?.id ?? '';
    const client = await app.latchkey.clients.for(userId, id, { connection, fresh: true });
    const response = await client.fetch('/conformance?asked=1');
    return { status: response.status, body: await response.text() };
  };
  const post = (path: string, more: Record<string, string> = {}) =>
    browser.request(path, { method: 'POST', body: new URLSearchParams({ _csrf: csrf, ...more }) });
  const start = () => post(`/connect/${id}`, fields);

  beforeAll(async () => {
    await app.control.reset();
    await app.control.user({
      provider: id,
      subject: SUBJECT,
      username: 'ada',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      emailVerified: true,
    });
  });

  it('is denied in a friendly way', async () => {
    const page = await browser.get(await app.consent((await start()).location, 'deny'));
    expect([page.status, page.text.includes('You said no')]).toEqual([200, true]);
    expect(await row()).toBeNull();
  });

  it('connects, and knows whose account it is', async () => {
    const page = await browser.get(await app.consent((await start()).location));
    expect([page.status, page.location]).toEqual([303, expect.stringMatching(/\/connections\/[0-9a-f-]{36}$/)]);
    const saved = await row();
    expect(saved).toMatchObject({ status: 'active', sandbox: true });
    expect(saved?.subject).toMatch(subjectPattern(definition));
    if (definition.scopes.connect.length > 0) expect(saved?.scopes).not.toEqual([]);
  });

  it('calls the API as that person', async () => {
    const answer = await call();
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      expect.objectContaining({ sandbox: true, provider: id }),
    ]);
  });

  const refreshes = definition.protocol !== 'oauth1' && definition.refresh?.mode !== 'none';

  it(refreshes ? 'is renewed, by hand and when the token has expired' : 'has nothing to renew', async () => {
    const before = await row();
    await post(`/connections/${before?.id}/refresh`);
    const renewed = await row();
    expect((renewed?.generation ?? 0) - (before?.generation ?? 0)).toBe(refreshes && before?.expiresAt ? 1 : 0);
    if (!refreshes) return;
    const past = new Date(Date.now() - 1000);
    await app.database.prisma.connection.update({
      where: { id: before?.id ?? '' },
      data: { expiresAt: past, refreshAt: past },
    });
    expect((await call()).status).toBe(200);
    expect((await row())?.generation).toBe((renewed?.generation ?? 0) + 1);
    // Where the service has a token that works once, this one has been renewed twice in a row.
    expect((await row())?.status).toBe('active');
  });

  it('notices that the person withdrew it, and is mended by connecting again', async () => {
    const before = await row();
    await app.control.revoke({ provider: id, subject: SUBJECT });
    const refused = await call().then(
      ({ status }) => status,
      (error: { code?: string }) => error.code,
    );
    expect(refused).toBe('reconnect_required');
    expect(await row()).toMatchObject({ status: 'reconnect_required' });
    const page = await browser.get(await app.consent((await start()).location));
    expect(page.location).toMatch(new RegExp(`/connections/${before?.id}$`));
    expect((await call()).status).toBe(200);
    expect(await row()).toMatchObject({ id: before?.id, status: 'active', subject: before?.subject });
  });

  it('is disconnected, and revoked where that is possible', async () => {
    const before = await row();
    await app.control.reset();
    await post(`/connections/${before?.id}/disconnect`);
    expect(await row()).toBeNull();
    const ended = await app.database.prisma.event.findFirstOrThrow({
      where: { kind: 'disconnected', connectionId: before?.id ?? '' },
    });
    expect(ended.detail).toEqual({ revocation: definition.revoke ? 'revoked' : 'unsupported' });
    const calls = await app.control.calls();
    expect(calls.length > 0).toBe(definition.revoke !== undefined);
  });
});

function subjectPattern({ instance, profile }: ProviderDefinition): RegExp {
  const host = instance ? `${instance.placeholder.replaceAll('.', '\\.')}/` : '';
  const group = Array.isArray(profile.subject) ? '(.+:)?' : '';
  return new RegExp(`^${host}${group}.*${SUBJECT}.*$`);
}
