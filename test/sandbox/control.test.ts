import { connect as connectSocket } from 'node:net';
import {
  authorizationParameters,
  callAs,
  connect,
  formOf,
  get,
  oauth2Facts,
  pkce,
  post,
  profileStatus,
  type Running,
  refresh,
  removeFolder,
  start,
} from './support.js';

let sandbox: Running;
const profile = oauth2Facts.fitbit.profile;

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('who consents', () => {
  async function profileOf(provider: 'fitbit' | 'github' | 'google'): Promise<Record<string, unknown>> {
    const { access } = await connect(sandbox.origin, provider);
    return (await (await callAs(sandbox.origin, oauth2Facts[provider].profile, access)).json()) as Record<
      string,
      unknown
    >;
  }

  test('is chosen for every provider, and shown on the page', async () => {
    await sandbox.control('user', {
      subject: '70077',
      username: 'mia',
      name: 'Mia Muster',
      email: 'mia@example.com',
      emailVerified: false,
      picture: 'https://pictures.example/mia.png',
    });
    expect(await profileOf('google')).toEqual({
      sub: '70077',
      name: 'Mia Muster',
      given_name: 'Mia',
      family_name: 'Muster',
      picture: 'https://pictures.example/mia.png',
      email: 'mia@example.com',
      email_verified: false,
    });
    expect(await profileOf('fitbit')).toMatchObject({
      user: {
        encodedId: '70077',
        fullName: 'Mia Muster',
        displayName: 'mia',
        avatar150: 'https://pictures.example/mia.png',
      },
    });
    const query = new URLSearchParams(authorizationParameters('github', pkce().challenge));
    const page = await (await get(`${sandbox.origin}${oauth2Facts.github.authorize}?${query}`)).text();
    for (const shown of ['Mia Muster', 'mia', '70077', 'mia@example.com']) expect(page).toContain(shown);
    expect(formOf(page).fields.has('subject')).toBe(false);
  });

  test('is chosen for one provider only, until somebody else is chosen for all', async () => {
    await sandbox.control('user', { subject: 'G1', provider: 'google' });
    expect(await profileOf('google')).toMatchObject({ sub: 'G1' });
    expect(await profileOf('fitbit')).toMatchObject({ user: { encodedId: '7XJ2QP' } });
    await sandbox.control('user', { subject: 'ALL' });
    expect(await profileOf('google')).toMatchObject({ sub: 'ALL' });
  });

  test('keeps numeric ids numeric to the last digit, and others as text', async () => {
    const idOf = async (subject: string) => {
      await sandbox.control('user', { subject });
      const { access } = await connect(sandbox.origin, 'github');
      return /"id":([^,]+),/.exec(await (await callAs(sandbox.origin, '/api.github.com/user', access)).text())?.[1];
    };
    expect(await idOf('9007199254740993')).toBe('9007199254740993');
    expect(await idOf('123456789012345678901234567890')).toBe('123456789012345678901234567890');
    expect(await idOf('007')).toBe('"007"');
    expect(await idOf('abc')).toBe('"abc"');
  });

  test('leaves out what is not known', async () => {
    await sandbox.control('user', { subject: 'quiet' });
    const answer = await profileOf('google');
    expect(answer).toMatchObject({ sub: 'quiet' });
    expect(answer).not.toHaveProperty('email');
    expect(answer).not.toHaveProperty('email_verified');
    expect(answer).not.toHaveProperty('picture');
  });

  test('may have the flag as text', async () => {
    await sandbox.control('user', { subject: 'a', email: 'a@example.com', emailVerified: 'true' });
    expect(await profileOf('google')).toMatchObject({ email_verified: 'true' });
  });

  test('changes what existing grants show when described again', async () => {
    await sandbox.control('user', { subject: '1', name: 'Before' });
    const { access } = await connect(sandbox.origin, 'google');
    await sandbox.control('user', { subject: '1', name: 'After' });
    await sandbox.control('user', { subject: '2', name: 'Somebody else' });
    const answer = await callAs(sandbox.origin, oauth2Facts.google.profile, access);
    expect(await answer.json()).toMatchObject({ sub: '1', name: 'After' });
  });
});

describe('the health account', () => {
  async function identity(): Promise<Record<string, unknown>> {
    const { access } = await connect(sandbox.origin, 'google-health');
    return (await (await callAs(sandbox.origin, oauth2Facts['google-health'].profile, access)).json()) as Record<
      string,
      unknown
    >;
  }

  test('names the Fitbit account of the same person', async () => {
    expect(await identity()).toEqual({
      name: 'users/me/identity',
      healthUserId: '4f8a1c96-2d3b-4e57-9a60-71c5b2e8d034',
      legacyUserId: '7XJ2QP',
    });
    await sandbox.control('user', { subject: 'H-1', provider: 'google-health' });
    const alone = await identity();
    expect(alone.healthUserId).toBe('H-1');
    expect(alone.legacyUserId).toMatch(/^[A-Z0-9]{6}$/);
    expect(alone.legacyUserId).not.toBe('7XJ2QP');
    await sandbox.control('user', { subject: 'F-1', provider: 'fitbit' });
    expect(await identity()).toMatchObject({ healthUserId: 'H-1', legacyUserId: 'F-1' });
    await sandbox.control('user', { subject: 'SAME' });
    expect(await identity()).toMatchObject({ healthUserId: 'SAME', legacyUserId: 'SAME' });
  });
});

describe('scripted answers', () => {
  let access: string;

  beforeEach(async () => {
    access = (await connect(sandbox.origin, 'fitbit')).access;
  });

  const next = (script: Record<string, unknown>) => sandbox.control('next', { path: profile, ...script });
  const call = () => callAs(sandbox.origin, profile, access);

  test('replace the next answer, once', async () => {
    await next({ status: 503, headers: { 'Retry-After': '7' }, body: 'down' });
    const scripted = await call();
    expect(scripted.status).toBe(503);
    expect(scripted.headers.get('retry-after')).toBe('7');
    expect(await scripted.text()).toBe('down');
    expect((await call()).status).toBe(200);
  });

  test('replace as many as were asked for, in the order they came, at their path only', async () => {
    await next({ status: 500, times: 2 });
    await next({ status: 429 });
    expect((await callAs(sandbox.origin, `${profile}?a=b`, access)).status).toBe(500);
    expect((await callAs(sandbox.origin, '/api.fitbit.com/1/user/-/x.json', access)).status).toBe(200);
    expect((await call()).status).toBe(500);
    expect((await call()).status).toBe(429);
    expect((await call()).status).toBe(200);
  });

  test('label JSON as JSON and other text as a page', async () => {
    await next({ body: { errors: [] } });
    const json = await call();
    expect(json.status).toBe(200);
    expect(json.headers.get('content-type')).toBe('application/json');
    expect(await json.json()).toEqual({ errors: [] });
    await next({ body: '{"a":1}' });
    expect((await call()).headers.get('content-type')).toBe('application/json');
    await next({ body: '<h1>Sorry</h1>' });
    expect((await call()).headers.get('content-type')).toContain('text/html');
    await next({ body: 'x', headers: { 'content-type': 'text/plain', 'Set-Cookie': ['a=1', 'b=2'] } });
    const own = await call();
    expect(own.headers.get('content-type')).toBe('text/plain');
    expect(own.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  test('do not run the endpoint when they replace its answer', async () => {
    const { refresh: token } = await connect(sandbox.origin, 'fitbit');
    await sandbox.control('next', { path: oauth2Facts.fitbit.token, status: 500 });
    expect((await refresh(sandbox.origin, 'fitbit', token)).status).toBe(500);
    expect((await refresh(sandbox.origin, 'fitbit', token)).status).toBe(200);
  });

  test('with headers alone change the normal answer', async () => {
    await next({ headers: { date: 'Thu, 01 Jan 2026 00:00:00 GMT' } });
    const answer = await call();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('date')).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
    expect(await answer.json()).toHaveProperty('user.encodedId');
  });

  test('delay', async () => {
    await next({ delayMs: 120 });
    const before = performance.now();
    expect((await call()).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(115);
  });

  test('hang until the caller gives up, after the state change', async () => {
    const { refresh: token } = await connect(sandbox.origin, 'fitbit');
    await sandbox.control('next', { path: oauth2Facts.fitbit.token, hang: true });
    const controller = new AbortController();
    const hanging = fetch(`${sandbox.origin}${oauth2Facts.fitbit.token}`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from('sandbox-fitbit:sandbox-secret').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
      signal: controller.signal,
    });
    const outcome = hanging.catch((error: Error) => error.name);
    await untilCalled(oauth2Facts.fitbit.token, 3);
    controller.abort();
    expect(await outcome).toBe('AbortError');
    expect((await refresh(sandbox.origin, 'fitbit', token)).status).toBe(400);
  });

  test('cut the body', async () => {
    const whole = await (await call()).text();
    await next({ truncateAt: 10 });
    const answer = await raw(profile, access);
    expect(answer).toContain(`Content-Length: ${Buffer.byteLength(whole)}`);
    expect(answer.split('\r\n\r\n')[1]).toBe(whole.slice(0, 10));
    await next({ truncateAt: 10 });
    const broken = await call();
    expect(broken.status).toBe(200);
    await expect(broken.text()).rejects.toThrow();
  });

  test('close after the headers', async () => {
    await next({ closeAfterHeaders: true });
    const answer = await raw(profile, access);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.split('\r\n\r\n')[1]).toBe('');
  });

  test('drip', async () => {
    const whole = await (await call()).text();
    await next({ dripBytesPerSecond: 1500 });
    const before = performance.now();
    expect(await (await call()).text()).toBe(whole);
    expect(performance.now() - before).toBeGreaterThan(60);
  });

  test('drip a part and then cut', async () => {
    await next({ dripBytesPerSecond: 400, truncateAt: 40 });
    expect((await raw(profile, access)).split('\r\n\r\n')[1]).toHaveLength(40);
  });

  /** One request on a socket of its own: everything that comes back until the connection ends. */
  function raw(path: string, token: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let received = '';
      const socket = connectSocket(sandbox.port, '127.0.0.1', () => {
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${sandbox.port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
        );
      });
      socket.on('data', (chunk) => {
        received += chunk.toString('utf8');
      });
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
  }
});

/** Waits until a path was called so often; every look is a request of its own, so no time has to be guessed. */
async function untilCalled(path: string, times: number): Promise<void> {
  while ((await sandbox.calls(path)).length < times) await new Promise(setImmediate);
}

describe('held answers', () => {
  test('wait while the state has changed already, and all go out on release', async () => {
    const one = await connect(sandbox.origin, 'fitbit');
    const two = await connect(sandbox.origin, 'fitbit');
    const path = oauth2Facts.fitbit.token;
    await sandbox.control('hold', { path });
    const settled: string[] = [];
    const first = refresh(sandbox.origin, 'fitbit', one.refresh).finally(() => settled.push('first'));
    const second = refresh(sandbox.origin, 'fitbit', two.refresh).finally(() => settled.push('second'));
    await untilCalled(path, 4);
    expect(await profileStatus(sandbox.origin, 'fitbit', one.access)).toBe(200);
    expect(settled).toEqual([]);
    await sandbox.control('release');
    expect((await first).status).toBe(200);
    expect((await second).status).toBe(200);
    expect((await refresh(sandbox.origin, 'fitbit', one.refresh)).status).toBe(400);
    expect((await refresh(sandbox.origin, 'fitbit', String((await second).body.refresh_token))).status).toBe(200);
  });

  test('of other paths are not touched by the release of one', async () => {
    const { access } = await connect(sandbox.origin, 'fitbit');
    await sandbox.control('hold', { path: profile });
    await sandbox.control('hold', { path: '/api.fitbit.com/other' });
    let done = false;
    const held = callAs(sandbox.origin, profile, access).finally(() => {
      done = true;
    });
    await untilCalled(profile, 1);
    await sandbox.control('release', { path: '/api.fitbit.com/other' });
    expect(done).toBe(false);
    await sandbox.control('release', { path: profile });
    expect((await held).status).toBe(200);
  });
});

describe('the list of calls', () => {
  test('has every request as it was sent, oldest first', async () => {
    await get(`${sandbox.origin}/api.fitbit.com/1/a%20b?x=1&y=%2F`, { 'X-Probe': 'One' });
    await fetch(`${sandbox.origin}/nowhere`, {
      method: 'PUT',
      body: '{"ü": 1 }',
      headers: { 'Content-Type': 'text/plain' },
    });
    await get(`${sandbox.origin}/healthz`);
    const calls = await sandbox.calls();
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({
      method: 'GET',
      path: '/api.fitbit.com/1/a%20b',
      query: 'x=1&y=%2F',
      headers: { 'x-probe': 'One' },
      body: '',
      time: '2026-11-20T15:00:00.000Z',
    });
    expect(calls[1]).toMatchObject({ method: 'PUT', path: '/nowhere', query: '', body: '{"ü": 1 }' });
  });

  test('can be asked for one path, exactly', async () => {
    await get(`${sandbox.origin}/a`);
    await get(`${sandbox.origin}/a/b`);
    await get(`${sandbox.origin}/a?c`);
    expect((await sandbox.calls('/a')).map((call) => call.query)).toEqual(['', 'c']);
    expect(await sandbox.calls('/A')).toEqual([]);
  });

  test('and scripted answers are forgotten on reset; grants, behaviour and people are not', async () => {
    await sandbox.control('user', { subject: 'stays' });
    const { access } = await connect(sandbox.origin, 'fitbit');
    await sandbox.control('behaviour', { graceMs: 5 });
    await sandbox.control('next', { path: profile, status: 500 });
    await sandbox.control('reset');
    expect(await sandbox.calls()).toEqual([]);
    const answer = await callAs(sandbox.origin, profile, access);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toHaveProperty('user.encodedId', 'stays');
    expect(await sandbox.control('behaviour')).toMatchObject({ graceMs: 5 });
  });
});

describe('the control API refuses', () => {
  test.each([
    ['user', {}, /subject/],
    ['user', { subject: 12 }, /subject/],
    ['user', { subject: 'a', provider: 'nobody' }, /nobody.*fitbit/s],
    ['user', { subject: 'a', sub: 'a' }, /sub/],
    ['user', { subject: 'a\u0000' }, /control characters/],
    ['behaviour', { autoApprove: 'yes' }, /autoApprove/],
    ['behaviour', { graceMs: -1 }, /graceMs/],
    ['behaviour', { speed: 1 }, /speed/],
    ['next', { status: 500 }, /path/],
    ['next', { path: 'api.fitbit.com' }, /path/],
    ['next', { path: '/a?b', status: 500 }, /query/],
    ['next', { path: '/a', status: 99 }, /status/],
    ['next', { path: '/a', times: 0 }, /times/],
    ['next', { path: '/a', headers: { 'X Y': 'a' } }, /header/],
    ['next', { path: '/a', headers: { X: 'a\r\nb' } }, /header/],
    ['hold', {}, /path/],
    ['revoke', { provider: 'fitbit' }, /subject/],
    ['revoke', { provider: 'nobody', subject: 'a' }, /nobody/],
    ['reset', { everything: true }, /everything/],
  ])('%s with %j', async (name, body, words) => {
    const response = await post(`${sandbox.origin}/_control/${name}`, body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toMatch(words);
  });

  test('what is not JSON', async () => {
    const send = (body: string, type: string) =>
      fetch(`${sandbox.origin}/_control/user`, { method: 'POST', body, headers: { 'Content-Type': type } });
    expect((await send('{', 'application/json')).status).toBe(400);
    expect((await send('{"subject":"a"}', 'text/plain')).status).toBe(400);
    expect((await send('subject=a', 'application/x-www-form-urlencoded')).status).toBe(400);
    const emptyForm = await fetch(`${sandbox.origin}/_control/reset`, { method: 'POST', body: new URLSearchParams() });
    expect(emptyForm.status).toBe(400);
  });

  test('web pages', async () => {
    const response = await post(`${sandbox.origin}/_control/reset`, {}, { Origin: 'http://localhost:3000' });
    expect(response.status).toBe(403);
    expect((await get(`${sandbox.origin}/_control/calls`, { Origin: 'null' })).status).toBe(403);
  });

  test('unknown names and methods', async () => {
    expect((await post(`${sandbox.origin}/_control/nothing`, {})).status).toBe(404);
    expect((await get(`${sandbox.origin}/_control/user`)).status).toBe(405);
    expect((await post(`${sandbox.origin}/_control/calls`, {})).status).toBe(405);
  });
});
