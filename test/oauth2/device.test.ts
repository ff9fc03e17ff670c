import { inspect } from 'node:util';
import { type Answer, json, scriptedFetch } from './support/scripted-fetch.js';
import { ENDPOINTS, failureOf, makeSession, NOW } from './support/session.js';

const endpoints = { ...ENDPOINTS, deviceAuthorization: 'https://provider.test/device' };
const started = {
  device_code: 'CANARY-DEVICE',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://provider.test/activate',
  verification_uri_complete: 'https://provider.test/activate?user_code=WDJB-MJHT',
  expires_in: 1800,
  interval: 5,
};
const pending = json({ error: 'authorization_pending' }, { status: 400 });
const slowDown = json({ error: 'slow_down' }, { status: 400 });
const granted = json({ access_token: 'CANARY-AT-1', token_type: 'Bearer' });

/** A clock that only sleeping moves. */
function device(begin: object | Response, ...answers: Answer[]) {
  const clock = { now: NOW };
  const slept: number[] = [];
  const { fetch, calls } = scriptedFetch(begin instanceof Response ? begin : json(begin), ...answers);
  const session = makeSession(fetch, { endpoints, clientAuth: 'none', now: () => clock.now });
  const sleep = async (ms: number, signal: AbortSignal | undefined) => {
    signal?.throwIfAborted();
    slept.push(ms);
    clock.now += ms;
  };
  return { session, calls, slept, sleep };
}

describe('device authorization (RFC 8628)', () => {
  it('shows a code, asks at the provider’s pace, and the session keeps the token', async () => {
    const { session, calls, slept, sleep } = device(started, pending, pending, granted);
    const authorization = await session.startDeviceAuthorization({ scopes: ['a', 'b'], parameters: { audience: 'x' } });
    expect(authorization).toMatchObject({
      userCode: 'WDJB-MJHT',
      verificationUri: 'https://provider.test/activate',
      verificationUriComplete: 'https://provider.test/activate?user_code=WDJB-MJHT',
      expiresAt: new Date(NOW + 1_800_000),
      intervalMs: 5_000,
    });
    expect(inspect(authorization)).not.toMatch(/CANARY/);
    expect(calls[0]?.form).toEqual({ client_id: 'client-1', scope: 'a b', audience: 'x' });
    const token = await authorization.token({ sleep });
    expect(slept).toEqual([5_000, 5_000, 5_000]);
    expect(calls[1]?.form).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'CANARY-DEVICE',
      client_id: 'client-1',
    });
    expect(session.token).toBe(token);
  });

  it('slows down for good when told to, and heeds Retry-After', async () => {
    const waitLonger = json({ error: 'slow_down' }, { status: 429, headers: { 'retry-after': '30' } });
    const { session, slept, sleep } = device(started, slowDown, pending, slowDown, waitLonger, granted);
    await (await session.startDeviceAuthorization()).token({ sleep });
    expect(slept).toEqual([5_000, 10_000, 10_000, 15_000, 30_000]);
  });

  it('waits as long as the provider asks, however long that is', async () => {
    const busy = json({}, { status: 429, headers: { 'retry-after': '300' } });
    const down = json({}, { status: 503 });
    const { session, slept, sleep } = device({ ...started, interval: 120 }, pending, busy, down, granted);
    const authorization = await session.startDeviceAuthorization();
    expect(authorization.intervalMs).toBe(120_000);
    await authorization.token({ sleep });
    // Retry-After is about one question; backing off never means asking sooner.
    expect(slept).toEqual([120_000, 120_000, 300_000, 120_000]);
  });

  it('doubles the pause, up to a minute, while the provider is away', async () => {
    const away = new TypeError('fetch failed');
    const down = json({}, { status: 503 });
    const { session, slept, sleep } = device({ ...started, interval: 20 }, away, down, away, granted);
    await (await session.startDeviceAuthorization()).token({ sleep });
    expect(slept).toEqual([20_000, 40_000, 60_000, 60_000]);
  });

  it.each([
    ['denied', json({ error: 'access_denied' }, { status: 400 }), 'oauth2_denied'],
    ['expired', json({ error: 'expired_token' }, { status: 400 }), 'oauth2_device_code_expired'],
    ['refused', json({ error: 'invalid_client' }, { status: 401 }), 'oauth2_invalid_client'],
  ])('ends when %s', async (...row) => {
    const [, answer, code] = row;
    const { session, sleep } = device(started, pending, answer);
    const authorization = await session.startDeviceAuthorization();
    const error = await failureOf(() => authorization.token({ sleep }));
    expect(error.code).toBe(code);
    expect(inspect(error, { depth: 9 })).not.toMatch(/CANARY/);
  });

  it('ends with the code’s life, without a last useless question', async () => {
    const { session, calls, sleep } = device({ ...started, expires_in: 12 }, pending);
    const authorization = await session.startDeviceAuthorization();
    expect((await failureOf(() => authorization.token({ sleep }))).code).toBe('oauth2_device_code_expired');
    expect(calls).toHaveLength(3);
  });

  it('ends when aborted, before asking and between two questions', async () => {
    const early = device(started, pending);
    const first = await early.session.startDeviceAuthorization();
    await expect(first.token({ sleep: early.sleep, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(
      'stop',
    );
    expect(early.calls).toHaveLength(1);
    const controller = new AbortController();
    const later = device(started, () => {
      controller.abort(new Error('enough'));
      return pending.clone();
    });
    const second = await later.session.startDeviceAuthorization();
    await expect(second.token({ sleep: later.sleep, signal: controller.signal })).rejects.toThrow('enough');
    expect(later.calls).toHaveLength(2);
  });

  it('sleeps by itself, and wakes when aborted', async () => {
    const { session } = device({ ...started, interval: 600 }, granted);
    const authorization = await session.startDeviceAuthorization();
    const controller = new AbortController();
    const waiting = authorization.token({ signal: controller.signal });
    controller.abort();
    expect((await failureOf(() => waiting)).name).toBe('AbortError');
  });

  it('does not ask at once where the pause is longer than a timer can be', async () => {
    const { session, calls } = device({ ...started, interval: 3e6, expires_in: 9e6 }, granted);
    const authorization = await session.startDeviceAuthorization();
    const controller = new AbortController();
    const waiting = authorization.token({ signal: controller.signal });
    // A timer that overflows fires after a millisecond, before this one.
    await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    expect((await failureOf(() => waiting)).name).toBe('AbortError');
    expect(calls).toHaveLength(1);
  });

  it('takes five seconds where no pace is set, and the old name of the address', async () => {
    const { interval: _none, verification_uri, verification_uri_complete: _complete, ...rest } = started;
    const { session } = device({ ...rest, verification_url: verification_uri });
    const authorization = await session.startDeviceAuthorization();
    expect([authorization.intervalMs, authorization.verificationUri, authorization.verificationUriComplete]).toEqual([
      5_000,
      'https://provider.test/activate',
      undefined,
    ]);
  });

  it.each([
    ['no device code', { ...started, device_code: '' }, 'oauth2_response_malformed'],
    ['no user code', { ...started, user_code: undefined }, 'oauth2_response_malformed'],
    ['no address', { ...started, verification_uri: null }, 'oauth2_response_malformed'],
    ['no life', { ...started, expires_in: 'soon' }, 'oauth2_response_malformed'],
    ['an address to run', { ...started, verification_uri: 'javascript:alert(1)' }, 'oauth2_insecure_transport'],
  ])('refuses a start with %s', async (_name, begin, code) => {
    expect((await failureOf(() => device(begin).session.startDeviceAuthorization())).code).toBe(code);
  });

  it('says when the provider has no such endpoint', async () => {
    expect((await failureOf(() => makeSession(scriptedFetch().fetch).startDeviceAuthorization())).code).toBe(
      'oauth2_endpoint_missing',
    );
  });
});
