import {
  connect,
  oauth2Facts,
  profileStatus,
  type Running,
  refresh,
  removeFolder,
  start,
  tokenRequest,
} from '../support.js';

let sandbox: Running;

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('rotating refresh tokens (Fitbit)', () => {
  test('each works once and yields the next', async () => {
    const { access, refresh: first } = await connect(sandbox.origin, 'fitbit');
    const second = await refresh(sandbox.origin, 'fitbit', first);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(first);
    expect(second.body.access_token).not.toBe(access);
    expect(second.body).toMatchObject({ expires_in: 28_800, user_id: '7XJ2QP' });
    const third = await refresh(sandbox.origin, 'fitbit', String(second.body.refresh_token));
    expect(third.status).toBe(200);
    for (const token of [access, second.body.access_token, third.body.access_token]) {
      expect(await profileStatus(sandbox.origin, 'fitbit', String(token))).toBe(200);
    }
  });

  test('using one again ends the whole family', async () => {
    const { access, refresh: first } = await connect(sandbox.origin, 'fitbit');
    const second = await refresh(sandbox.origin, 'fitbit', first);
    const reuse = await refresh(sandbox.origin, 'fitbit', first);
    expect(reuse.status).toBe(400);
    expect(reuse.body).toMatchObject({ errors: [{ errorType: 'invalid_grant' }] });
    expect(await profileStatus(sandbox.origin, 'fitbit', access)).toBe(401);
    expect(await profileStatus(sandbox.origin, 'fitbit', String(second.body.access_token))).toBe(401);
    expect((await refresh(sandbox.origin, 'fitbit', String(second.body.refresh_token))).status).toBe(400);
  });

  test('families do not touch each other', async () => {
    const one = await connect(sandbox.origin, 'fitbit');
    const other = await connect(sandbox.origin, 'fitbit');
    await refresh(sandbox.origin, 'fitbit', one.refresh);
    await refresh(sandbox.origin, 'fitbit', one.refresh);
    expect(await profileStatus(sandbox.origin, 'fitbit', one.access)).toBe(401);
    expect(await profileStatus(sandbox.origin, 'fitbit', other.access)).toBe(200);
  });

  test('with reuseKillsFamily off only the reuse is refused', async () => {
    await sandbox.control('behaviour', { reuseKillsFamily: false });
    const { refresh: first } = await connect(sandbox.origin, 'fitbit');
    const second = await refresh(sandbox.origin, 'fitbit', first);
    expect((await refresh(sandbox.origin, 'fitbit', first)).status).toBe(400);
    expect((await refresh(sandbox.origin, 'fitbit', String(second.body.refresh_token))).status).toBe(200);
  });

  test('within graceMs a spent one still yields tokens of the same family; later it is reuse', async () => {
    await sandbox.control('behaviour', { graceMs: 10_000 });
    const { refresh: first } = await connect(sandbox.origin, 'fitbit');
    const lost = await refresh(sandbox.origin, 'fitbit', first);
    sandbox.clock.now += 6000;
    const again = await refresh(sandbox.origin, 'fitbit', first);
    expect(again.status).toBe(200);
    expect(again.body.refresh_token).not.toBe(lost.body.refresh_token);
    // The grace counts from the first use: using the token again does not prolong it.
    sandbox.clock.now += 4000;
    expect((await refresh(sandbox.origin, 'fitbit', first)).status).toBe(400);
    expect(await profileStatus(sandbox.origin, 'fitbit', String(again.body.access_token))).toBe(401);
  });

  test('the knobs hold at once, for tokens issued before too', async () => {
    const { refresh: first } = await connect(sandbox.origin, 'fitbit');
    await refresh(sandbox.origin, 'fitbit', first);
    await sandbox.control('behaviour', { graceMs: 60_000 });
    expect((await refresh(sandbox.origin, 'fitbit', first)).status).toBe(200);
  });
});

describe('static refresh tokens (Google)', () => {
  test('the answer to a refresh carries none, and the first one stays good', async () => {
    const { refresh: token } = await connect(sandbox.origin, 'google');
    for (let round = 0; round < 3; round += 1) {
      const answer = await refresh(sandbox.origin, 'google', token);
      expect(answer.status).toBe(200);
      expect(answer.body).not.toHaveProperty('refresh_token');
    }
  });

  test('rotate when told to, and stop when told to', async () => {
    await sandbox.control('behaviour', { rotateRefreshTokens: true });
    const { refresh: first } = await connect(sandbox.origin, 'google');
    const second = await refresh(sandbox.origin, 'google', first);
    expect(second.body.refresh_token).toMatch(/^sbx_rt_/);
    await sandbox.control('behaviour', { rotateRefreshTokens: null });
    const third = await refresh(sandbox.origin, 'google', String(second.body.refresh_token));
    expect(third.status).toBe(200);
    expect(third.body).not.toHaveProperty('refresh_token');
    expect((await refresh(sandbox.origin, 'google', first)).status).toBe(400);
  });
});

test('rotation can be switched off where it is the rule', async () => {
  await sandbox.control('behaviour', { rotateRefreshTokens: false });
  const { refresh: token } = await connect(sandbox.origin, 'fitbit');
  expect((await refresh(sandbox.origin, 'fitbit', token)).body).not.toHaveProperty('refresh_token');
  expect((await refresh(sandbox.origin, 'fitbit', token)).status).toBe(200);
});

test('a refresh token belongs to its client', async () => {
  const { refresh: token } = await connect(sandbox.origin, 'google');
  const stolen = await refresh(sandbox.origin, 'google-health', token);
  expect(stolen.body.error).toBe('invalid_grant');
  expect((await refresh(sandbox.origin, 'google', token)).status).toBe(200);
});

test('an access token is no refresh token, nor the other way round', async () => {
  const tokens = await connect(sandbox.origin, 'x');
  expect((await refresh(sandbox.origin, 'x', tokens.access)).body.error).toBe('invalid_grant');
  expect(await profileStatus(sandbox.origin, 'x', tokens.refresh)).toBe(401);
});

test('a refresh may narrow the scope but not widen it', async () => {
  const { refresh: token } = await connect(sandbox.origin, 'google', { scope: 'openid email' });
  const ask = (scope: string) =>
    tokenRequest(sandbox.origin, 'google', { grant_type: 'refresh_token', refresh_token: token, scope });
  expect((await ask('openid profile')).body.error).toBe('invalid_scope');
  const narrow = await ask('openid');
  expect(narrow.body.scope).toBe('openid');
  const userInfo = await fetch(`${sandbox.origin}${oauth2Facts.google.profile}`, {
    headers: { Authorization: `Bearer ${narrow.body.access_token}` },
  });
  expect(await userInfo.json()).toEqual({ sub: '108204268033311374519' });
});

test('accessTokenTtl holds for tokens issued later', async () => {
  const before = await connect(sandbox.origin, 'fitbit');
  await sandbox.control('behaviour', { accessTokenTtl: 5 });
  const after = await refresh(sandbox.origin, 'fitbit', before.refresh);
  expect(after.body.expires_in).toBe(5);
  sandbox.clock.now += 5000;
  expect(await profileStatus(sandbox.origin, 'fitbit', before.access)).toBe(200);
  expect(await profileStatus(sandbox.origin, 'fitbit', String(after.body.access_token))).toBe(401);
});

test('a hundred parallel uses of one rotating token: one wins, and the family is dead', async () => {
  const { refresh: token } = await connect(sandbox.origin, 'fitbit');
  const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(sandbox.origin, 'fitbit', token)));
  const winners = answers.filter((answer) => answer.status === 200);
  expect(winners).toHaveLength(1);
  expect((await refresh(sandbox.origin, 'fitbit', String(winners[0]?.body.refresh_token))).status).toBe(400);
});
