/** Scripted and held answers. */
import { connect as connectSocket } from 'node:net';
import {
  callAs,
  connect,
  oauth2Facts,
  profileStatus,
  type Running,
  refresh,
  removeFolder,
  start,
  untilCalled,
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

  test('may be larger than anything that is taken in', async () => {
    const body = 'ä'.repeat(2_000_000);
    await next({ body });
    expect(await (await call()).text()).toBe(body);
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
    await untilCalled(sandbox, oauth2Facts.fitbit.token, 3);
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

describe('held answers', () => {
  test('wait while the state has changed already, and all go out on release', async () => {
    const one = await connect(sandbox.origin, 'fitbit');
    const two = await connect(sandbox.origin, 'fitbit');
    const path = oauth2Facts.fitbit.token;
    await sandbox.control('hold', { path });
    const settled: string[] = [];
    const first = refresh(sandbox.origin, 'fitbit', one.refresh).finally(() => settled.push('first'));
    const second = refresh(sandbox.origin, 'fitbit', two.refresh).finally(() => settled.push('second'));
    await untilCalled(sandbox, path, 4);
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
    await untilCalled(sandbox, profile, 1);
    await sandbox.control('release', { path: '/api.fitbit.com/other' });
    expect(done).toBe(false);
    await sandbox.control('release', { path: profile });
    expect((await held).status).toBe(200);
  });
});
