import { callbackOf, decide, get, type Running, removeFolder, start } from '../support.js';
import { callback, clientsOf, places, problemOf, request, type Signing } from './clients.js';

let sandbox: Running;
const { send } = clientsOf(() => sandbox);

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('temporary credentials', () => {
  test('are form-encoded, labelled as a web page, and confirm the callback', async () => {
    const response = await send(request, { extra: callback });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    const fields = new URLSearchParams(await response.text());
    expect([...fields.keys()].sort()).toEqual(['oauth_callback_confirmed', 'oauth_token', 'oauth_token_secret']);
    expect(fields.get('oauth_callback_confirmed')).toBe('true');
  });

  test.each([
    ['a wrong client secret', { clientSecret: 'wrong', extra: callback }, 401, 'signature_invalid'],
    ['an unknown client', { clientId: 'sandbox-nobody', extra: callback }, 401, 'consumer_key_unknown'],
    ['the client of an OAuth 2 definition', { clientId: 'sandbox-x', extra: callback }, 401, 'consumer_key_unknown'],
    ['a client of another host', { clientId: 'sandbox-fitbit-oauth1', extra: callback }, 401, 'consumer_key_unknown'],
    ['no callback', {}, 400, 'parameter_absent'],
    [
      'a foreign callback',
      { extra: { oauth_callback: 'https://evil.test/auth/twitter/callback' } },
      400,
      'parameter_rejected',
    ],
    [
      'the callback of another provider',
      { extra: { oauth_callback: callbackOf('github') } },
      400,
      'parameter_rejected',
    ],
    ['a token', { token: 'x', tokenSecret: 'y', extra: callback }, 400, 'parameter_rejected'],
    ['another signature method', { signatureMethod: 'HMAC-SHA256', extra: callback }, 400, 'signature_method_rejected'],
  ] as [string, Signing, number, string][])('are refused with %s', async (_name, signing, status, problem) => {
    const response = await send(request, signing);
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toBe(problem);
  });

  test('are refused unsigned', async () => {
    const response = await fetch(sandbox.origin + request, { method: 'POST' });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toBe('parameter_absent');
  });

  test('a signed request works once', async () => {
    const signing = { nonce: 'the-same-nonce', extra: callback };
    expect((await send(request, signing)).status).toBe(200);
    const replay = await send(request, signing);
    expect(replay.status).toBe(401);
    expect(await problemOf(replay)).toBe('nonce_used');
    const now = Math.floor(sandbox.clock.now / 1000);
    expect((await send(request, { ...signing, timestamp: now + 1 })).status).toBe(200);
  });

  test('timestamps may be five minutes off', async () => {
    const now = Math.floor(sandbox.clock.now / 1000);
    for (const offset of [-300, 300]) {
      expect((await send(request, { timestamp: now + offset, extra: callback })).status).toBe(200);
    }
    for (const offset of [-301, 301]) {
      const response = await send(request, { timestamp: now + offset, extra: callback });
      expect(response.status).toBe(401);
      expect(new Date(response.headers.get('date') ?? '').getTime()).toBe(sandbox.clock.now);
      const problem = new URLSearchParams(await response.text());
      expect(problem.get('oauth_problem')).toBe('timestamp_refused');
      expect(problem.get('oauth_acceptable_timestamps')).toBe(`${now - 300}-${now + 300}`);
    }
  });

  test.each([900, -900])('the window moves with clockSkewSeconds %d', async (skew) => {
    await sandbox.control('behaviour', { clockSkewSeconds: skew });
    const now = Math.floor(sandbox.clock.now / 1000);
    const refused = await send(request, { timestamp: now, extra: callback });
    expect(await problemOf(refused)).toBe('timestamp_refused');
    expect(new Date(refused.headers.get('date') ?? '').getTime()).toBe(sandbox.clock.now + skew * 1000);
    const shifted = { timestamp: now + skew, nonce: 'shifted', extra: callback };
    expect((await send(request, shifted)).status).toBe(200);
    expect(await problemOf(await send(request, shifted))).toBe('nonce_used');
  });
});

describe('the exchange', () => {
  async function temporaryAndVerifier(): Promise<{ token: string; tokenSecret: string; verifier: string }> {
    const answer = new URLSearchParams(await (await send(request, { extra: callback })).text());
    const token = answer.get('oauth_token') ?? '';
    const page = await get(`${sandbox.origin}${places.twitter.authorize}?oauth_token=${token}`);
    const back = await decide(sandbox.origin, await page.text(), 'allow');
    const verifier = new URL(back.headers.get('location') ?? '').searchParams.get('oauth_verifier') ?? '';
    return { token, tokenSecret: answer.get('oauth_token_secret') ?? '', verifier };
  }

  const exchange = (signing: Signing) => send(places.twitter.accessToken, signing);

  test('needs the right verifier', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const wrong = await exchange({ ...token, extra: { oauth_verifier: `${verifier}x` } });
    expect(wrong.status).toBe(401);
    expect(await problemOf(wrong)).toBe('verifier_invalid');
    const none = await exchange(token);
    expect(none.status).toBe(400);
    expect(await problemOf(none)).toBe('parameter_absent');
    expect((await exchange({ ...token, extra: { oauth_verifier: verifier } })).status).toBe(200);
  });

  test('works once', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const good = { ...token, extra: { oauth_verifier: verifier } };
    expect((await exchange(good)).status).toBe(200);
    const again = await exchange(good);
    expect(again.status).toBe(401);
    expect(await problemOf(again)).toBe('token_rejected');
  });

  test('needs the person first', async () => {
    const answer = new URLSearchParams(await (await send(request, { extra: callback })).text());
    const token = answer.get('oauth_token') ?? '';
    const tokenSecret = answer.get('oauth_token_secret') ?? '';
    const early = await exchange({ token, tokenSecret, extra: { oauth_verifier: 'x' } });
    expect(await problemOf(early)).toBe('permission_unknown');
  });

  test('needs the temporary secret, and the credentials not to be older than ten minutes', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const extra = { oauth_verifier: verifier };
    const wrong = await exchange({ ...token, tokenSecret: 'wrong', extra });
    expect(await problemOf(wrong)).toBe('signature_invalid');
    sandbox.clock.now += 600_000;
    expect(await problemOf(await exchange({ ...token, extra }))).toBe('token_rejected');
  });

  test('is bound to the client', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const foreign = await send(places['fitbit-oauth1'].accessToken, {
      ...token,
      clientId: 'sandbox-fitbit-oauth1',
      extra: { oauth_verifier: verifier },
    });
    expect(await problemOf(foreign)).toBe('token_rejected');
  });

  test('agreeing twice leaves the last verifier good', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const page = await get(`${sandbox.origin}${places.twitter.authorize}?oauth_token=${token.token}`);
    const back = await decide(sandbox.origin, await page.text(), 'allow');
    const last = new URL(back.headers.get('location') ?? '').searchParams.get('oauth_verifier') ?? '';
    expect(await problemOf(await exchange({ ...token, extra: { oauth_verifier: verifier } }))).toBe('verifier_invalid');
    expect((await exchange({ ...token, extra: { oauth_verifier: last } })).status).toBe(200);
  });
});
