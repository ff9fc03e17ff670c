import { callbackOf, decide, get, type Running, removeFolder, start } from '../support.js';
import { clientsOf, places } from './clients.js';

let sandbox: Running;
const { session, connected } = clientsOf(() => sandbox);

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('the whole way with our own client', () => {
  test('X: tokens, who the person is, and a signed call', async () => {
    const tokens = await connected('twitter');
    expect(tokens.parameters).toMatchObject({ user_id: '1587291344213921792', screen_name: 'robin_sandbox' });
    const response = await session('twitter', tokens).fetch(sandbox.origin + places.twitter.profile);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      data: { id: '1587291344213921792', name: 'Robin Sandbox', username: 'robin_sandbox' },
    });
  });

  test('Fitbit as the earlier systems used it', async () => {
    const tokens = await connected('fitbit-oauth1');
    expect(tokens.parameters).toMatchObject({ encoded_user_id: '7XJ2QP' });
    const client = session('fitbit-oauth1', tokens);
    const profile = await client.fetch(sandbox.origin + places['fitbit-oauth1'].profile);
    expect(await profile.json()).toHaveProperty('user.encodedId', '7XJ2QP');
    const steps = await client.fetch(`${sandbox.origin}/api.fitbit.com/1/user/-/activities/steps/date/today/7d.json`);
    expect(((await steps.json()) as Record<string, unknown[]>)['activities-steps']).toHaveLength(7);
  });

  test('POSTs, form bodies and queries are part of the signature', async () => {
    const client = session('twitter', await connected('twitter'));
    const url = `${sandbox.origin}/api.x.com/1.1/statuses/update.json?include_entities=true`;
    const form = new URLSearchParams({ status: 'Hello Ladies + Gentlemen, ümlaut & 100 %' });
    const response = await client.fetch(url, { method: 'POST', body: form });
    expect(await response.json()).toEqual({
      sandbox: true,
      provider: 'twitter',
      method: 'POST',
      path: '/1.1/statuses/update.json',
      query: { include_entities: 'true' },
    });
  });

  test('API 1.1 tells the id as number and as text', async () => {
    const client = session('twitter', await connected('twitter'));
    const response = await client.fetch(
      `${sandbox.origin}/api.x.com/1.1/account/verify_credentials.json?include_email=true`,
    );
    const text = await response.text();
    expect(text).toContain('"id":1587291344213921792,"id_str":"1587291344213921792"');
    expect(JSON.parse(text)).toMatchObject({ screen_name: 'robin_sandbox', email: 'robin@sandbox.example' });
  });

  test('a clock that is off is corrected by the refusal', async () => {
    const late = () => sandbox.clock.now - 20 * 60_000;
    const client = session('twitter', await connected('twitter'), late);
    expect((await client.fetch(sandbox.origin + places.twitter.profile)).status).toBe(200);
    const statuses = (await sandbox.calls('/api.x.com/2/users/me')).length;
    expect(statuses).toBe(2);
  });
});

describe('the consent page', () => {
  test.each(['/api.x.com/oauth/authorize', '/api.x.com/oauth/authenticate'])('%s asks every time', async (path) => {
    for (let round = 0; round < 2; round += 1) {
      const temporary = await session('twitter').requestTemporaryCredentials({ callback: callbackOf('twitter') });
      const page = await get(`${sandbox.origin}${path}?oauth_token=${temporary.token}&force_login=true`);
      expect(page.status).toBe(200);
      const html = await page.text();
      expect(html).toContain(`action="${path}"`);
      const back = await decide(sandbox.origin, html, 'allow');
      expect(back.status).toBe(303);
      const location = new URL(back.headers.get('location') ?? '');
      expect([...location.searchParams.keys()]).toEqual(['oauth_token', 'oauth_verifier']);
      expect(location.searchParams.get('oauth_token')).toBe(temporary.token);
    }
  });

  test('a denial comes back as denied=<token>, and the token is gone', async () => {
    const temporary = await session('twitter').requestTemporaryCredentials({ callback: callbackOf('twitter') });
    const url = session('twitter').authorizationUrl(temporary);
    const back = await decide(sandbox.origin, await (await get(url)).text(), 'deny');
    expect(back.headers.get('location')).toBe(`${callbackOf('twitter')}?denied=${temporary.token}`);
    expect((await get(url)).status).toBe(400);
  });

  test('is not shown for unknown, foreign, spent and old tokens', async () => {
    expect((await get(`${sandbox.origin}/api.x.com/oauth/authorize`)).status).toBe(400);
    expect((await get(`${sandbox.origin}/api.x.com/oauth/authorize?oauth_token=unknown`)).status).toBe(400);
    const temporary = await session('twitter').requestTemporaryCredentials({ callback: callbackOf('twitter') });
    expect((await get(`${sandbox.origin}/www.fitbit.com/oauth/authorize?oauth_token=${temporary.token}`)).status).toBe(
      400,
    );
    const url = session('twitter').authorizationUrl(temporary);
    sandbox.clock.now += 599_999;
    expect((await get(url)).status).toBe(200);
    sandbox.clock.now += 1;
    expect((await get(url)).status).toBe(400);
  });

  test('shows a number where there is no callback', async () => {
    const client = session('twitter');
    const temporary = await client.requestTemporaryCredentials({ callback: 'oob' });
    const page = await decide(sandbox.origin, await (await get(client.authorizationUrl(temporary))).text(), 'allow');
    expect(page.status).toBe(200);
    const pin = /<code>(\d{7})<\/code>/.exec(await page.text())?.[1] ?? '';
    const tokens = await client.requestTokenCredentials(client.authorizeWithPin(temporary, pin));
    expect(tokens.parameters).toMatchObject({ screen_name: 'robin_sandbox' });
  });

  test('is skipped with autoApprove', async () => {
    await sandbox.control('behaviour', { autoApprove: true });
    const temporary = await session('twitter').requestTemporaryCredentials({ callback: callbackOf('twitter') });
    const back = await get(session('twitter').authorizationUrl(temporary));
    expect(back.status).toBe(303);
    expect(back.headers.get('location')).toContain('oauth_verifier=');
  });
});
