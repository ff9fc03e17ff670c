/** The server around the providers: host names, health, the home page, limits, listeners. */
import { request as httpRequest } from 'node:http';
import { networkInterfaces } from 'node:os';
import { builtInDefinitions } from '../../src/providers/index.js';
import { createSandbox } from '../../src/sandbox/index.js';
import { isLoopbackAddress } from '../../src/sandbox/request.js';
import { connect, freshFolder, get, oauth2Facts, profileStatus, type Running, removeFolder, start } from './support.js';

let sandbox: Running;

beforeAll(async () => {
  sandbox = await start();
});

afterAll(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

/** A request with a Host header of our own, which fetch would not send. */
function sendAs(host: string, path: string, address = '127.0.0.1', port = sandbox.port): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: address, port, path, headers: { Host: host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

test.each([
  ['localhost', 200],
  ['LOCALHOST:1', 200],
  ['127.0.0.1:4000', 200],
  ['127.8.9.10', 200],
  ['[::1]:4000', 200],
  ['evil.test', 421],
  ['localhost.evil.test', 421],
  ['127.0.0.1.evil.test', 421],
  ['192.168.1.10', 421],
])('a request to the host %s gets %d', async (host, status) => {
  for (const path of ['/healthz', '/', '/_control/calls', '/accounts.google.com/.well-known/openid-configuration']) {
    expect(await sendAs(host, path)).toBe(status);
  }
});

test('the home page lists who is stood in for', async () => {
  const response = await get(`${sandbox.origin}/`);
  const html = await response.text();
  expect(response.status).toBe(200);
  expect(html).toContain('Sandbox: no real account is involved');
  for (const definition of builtInDefinitions) expect(html).toContain(`sandbox-${definition.id}`);
});

test('every definition can be reached at both loopback names with one token', async () => {
  const { access } = await connect(`http://localhost:${sandbox.port}`, 'fitbit');
  expect(await profileStatus(sandbox.origin, 'fitbit', access)).toBe(200);
});

test('bodies have a limit', async () => {
  const body = 'a'.repeat(1024 * 1024 + 1);
  const response = await fetch(`${sandbox.origin}${oauth2Facts.x.token}`, { method: 'POST', body });
  expect(response.status).toBe(413);
});

test('a fault of the sandbox itself is told to its log, not to the caller', async () => {
  const lines: string[] = [];
  const folder = freshFolder();
  let broken = false;
  const failing = await createSandbox({
    definitions: builtInDefinitions,
    dataDir: folder,
    now: () => {
      if (broken) throw new Error('the clock fell off the wall');
      return 0;
    },
    log: { error: (details, message) => lines.push(`${message} ${String(details.err)}`) },
  });
  const { port } = await failing.listen(0);
  broken = true;
  const response = await get(`http://127.0.0.1:${port}/healthz`);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('clock');
  expect(lines.join()).toContain('the clock fell off the wall');
  await failing.close();
  removeFolder(folder);
});

test('closing ends requests that hang', async () => {
  const other = await start();
  await other.control('next', { path: '/x', hang: true });
  const hanging = get(`${other.origin}/x`).then(
    () => 'answered',
    () => 'cut',
  );
  while ((await other.calls('/x')).length === 0) await new Promise(setImmediate);
  await other.stop();
  expect(await hanging).toBe('cut');
  removeFolder(other.dataDir);
});

test('a port that is taken is an error, and leaves the sandbox usable', async () => {
  const folder = freshFolder();
  const other = await createSandbox({ definitions: builtInDefinitions, dataDir: folder });
  await expect(other.listen(sandbox.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const { origin } = await other.listen(0);
  expect(origin).toMatch(/^http:\/\/localhost:\d+$/);
  expect((await get(`${origin}/healthz`)).status).toBe(200);
  await other.close();
  removeFolder(folder);
});

describe('the control API answers this machine only', () => {
  test.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['1127.0.0.1', false],
    ['fe80::1', false],
    [undefined, false],
  ])('%s: %s', (address, expected) => {
    expect(isLoopbackAddress(address)).toBe(expected);
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find((each) => !each.internal && each.family === 'IPv4')?.address;

  // There is nothing to try on a machine that has no other address than loopback.
  if (outside !== undefined) {
    test('a caller by another address gets 403, whatever Host says', async () => {
      const folder = freshFolder();
      const open = await createSandbox({ definitions: builtInDefinitions, dataDir: folder });
      const { port, origin } = await open.listen(0, '0.0.0.0');
      expect(origin).toBe(`http://localhost:${port}`);
      expect(await sendAs('localhost', '/_control/calls', outside, port)).toBe(403);
      expect(await sendAs('localhost', '/healthz', outside, port)).toBe(200);
      await open.close();
      removeFolder(folder);
    });
  }
});
