import {
  callAs,
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

describe('revocation by RFC 7009', () => {
  test.each(['access', 'refresh'] as const)('of the %s token ends the grant', async (kind) => {
    const tokens = await connect(sandbox.origin, 'fitbit');
    const answer = await tokenRequest(sandbox.origin, 'fitbit', { token: tokens[kind] }, oauth2Facts.fitbit.revoke);
    expect(answer.status).toBe(200);
    expect(await profileStatus(sandbox.origin, 'fitbit', tokens.access)).toBe(401);
    expect((await refresh(sandbox.origin, 'fitbit', tokens.refresh)).status).toBe(400);
  });

  test('of an unknown token succeeds', async () => {
    const answer = await tokenRequest(sandbox.origin, 'x', { token: 'never seen' }, oauth2Facts.x.revoke);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ revoked: true });
  });

  test('needs the client, and its own token', async () => {
    const tokens = await connect(sandbox.origin, 'fitbit');
    const anonymous = await fetch(`${sandbox.origin}${oauth2Facts.fitbit.revoke}`, {
      method: 'POST',
      body: new URLSearchParams({ token: tokens.refresh }),
    });
    expect(anonymous.status).toBe(401);
    const foreign = await tokenRequest(sandbox.origin, 'x', { token: tokens.refresh }, oauth2Facts.x.revoke);
    expect(foreign.status).toBe(400);
    expect(await profileStatus(sandbox.origin, 'fitbit', tokens.access)).toBe(200);
  });

  test('needs a token', async () => {
    expect((await tokenRequest(sandbox.origin, 'x', {}, oauth2Facts.x.revoke)).body.error).toBe('invalid_request');
  });
});

describe('revocation at Google', () => {
  const url = () => `${sandbox.origin}${oauth2Facts.google.revoke}`;

  test.each(['google', 'google-health'] as const)('takes nothing but the token (%s)', async (provider) => {
    const tokens = await connect(sandbox.origin, provider);
    const first = await fetch(url(), { method: 'POST', body: new URLSearchParams({ token: tokens.refresh }) });
    expect(first.status).toBe(200);
    expect(await profileStatus(sandbox.origin, provider, tokens.access)).toBe(401);
    const second = await fetch(url(), { method: 'POST', body: new URLSearchParams({ token: tokens.refresh }) });
    expect(second.status).toBe(400);
    expect(await second.json()).toMatchObject({ error: 'invalid_token' });
  });

  test('takes it from the query too', async () => {
    const tokens = await connect(sandbox.origin, 'google');
    const answer = await fetch(`${url()}?token=${tokens.access}`, { method: 'POST' });
    expect(answer.status).toBe(200);
    expect(await profileStatus(sandbox.origin, 'google', tokens.access)).toBe(401);
  });

  test('knows only its own tokens', async () => {
    const tokens = await connect(sandbox.origin, 'fitbit');
    const answer = await fetch(url(), { method: 'POST', body: new URLSearchParams({ token: tokens.refresh }) });
    expect(answer.status).toBe(400);
    expect(await profileStatus(sandbox.origin, 'fitbit', tokens.access)).toBe(200);
  });
});

describe('the person withdraws consent', () => {
  test('at one provider, for one account', async () => {
    await sandbox.control('user', { subject: 'first' });
    const first = await connect(sandbox.origin, 'fitbit');
    const again = await connect(sandbox.origin, 'fitbit');
    const elsewhere = await connect(sandbox.origin, 'x');
    await sandbox.control('user', { subject: 'second' });
    const second = await connect(sandbox.origin, 'fitbit');
    expect(await sandbox.control('revoke', { provider: 'fitbit', subject: 'first' })).toEqual({ revoked: 2 });
    expect(await profileStatus(sandbox.origin, 'fitbit', first.access)).toBe(401);
    expect((await refresh(sandbox.origin, 'fitbit', again.refresh)).body).toMatchObject({
      errors: [{ errorType: 'invalid_grant' }],
    });
    expect(await profileStatus(sandbox.origin, 'fitbit', second.access)).toBe(200);
    expect((await callAs(sandbox.origin, '/api.x.com/2/users/me', elsewhere.access)).status).toBe(200);
    expect(await sandbox.control('revoke', { provider: 'fitbit', subject: 'first' })).toEqual({ revoked: 0 });
  });
});
