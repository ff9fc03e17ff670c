/** Device authorization in the sandbox (RFC 8628), asked with nothing but fetch. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineProvider } from '../../../src/providers/index.js';
import { type Running, removeFolder, start } from '../support.js';

const lamp = defineProvider({
  id: 'lamp',
  name: 'Lamp',
  protocol: 'oauth2',
  authorize: { url: 'https://lamp.example/authorize' },
  token: { url: 'https://lamp.example/token', clientAuth: 'post' },
  deviceAuthorization: { url: 'https://lamp.example/device' },
  scopes: { signIn: ['who'], connect: ['who', 'light'] },
  pkce: 'supported',
  profile: { url: 'https://lamp.example/me', subject: 'id' },
  api: { baseUrls: ['https://lamp.example'] },
});
const plain = defineProvider({ ...JSON.parse(JSON.stringify(lamp)), id: 'plain', deviceAuthorization: undefined });

const CLIENT = { client_id: 'sandbox-lamp', client_secret: 'sandbox-secret' };
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

let sandbox: Running;

beforeEach(async () => {
  sandbox = await start({ definitions: [lamp, plain] });
});
afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

async function send(path: string, fields: Record<string, string>) {
  const response = await fetch(`${sandbox.origin}${path}`, { method: 'POST', body: new URLSearchParams(fields) });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : {};
  return { status: response.status, text, json };
}

const begin = (more: Record<string, string> = {}) =>
  send('/lamp.example/device', { ...CLIENT, scope: 'who light', ...more });
const decide = (userCode: string, decision: string) =>
  send('/lamp.example/device/page', { user_code: userCode, decision });

/** Asks as often as it was told to. */
async function poll(deviceCode: string, client: Record<string, string> = CLIENT) {
  sandbox.clock.now += 1_000;
  return await send('/lamp.example/token', { ...client, grant_type: GRANT, device_code: deviceCode });
}

test('the whole way: a code to type, waiting, consent, tokens once', async () => {
  const { status, json } = await begin();
  expect(status).toBe(200);
  expect(json).toMatchObject({ expires_in: 600, interval: 1, user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/) });
  const page = await fetch(json.verification_uri_complete);
  expect(await page.text()).toMatch(/Allow <code>sandbox-lamp<\/code>[\s\S]*name="user_code"/);
  expect((await poll(json.device_code)).json.error).toBe('authorization_pending');
  // People leave out the hyphen and type small letters.
  expect((await decide(json.user_code.replace('-', '').toLowerCase(), 'allow')).text).toContain(
    'Go back to your device',
  );
  const tokens = (await poll(json.device_code)).json;
  expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'who light', refresh_token: expect.any(String) });
  const me = await fetch(`${sandbox.origin}/lamp.example/me`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  expect(me.status).toBe(200);
  expect((await poll(json.device_code)).json.error).toBe('invalid_grant');
});

test('no is no; late is late; nothing can be decided twice', async () => {
  const denied = (await begin()).json;
  await decide(denied.user_code, 'deny');
  expect((await poll(denied.device_code)).json.error).toBe('access_denied');
  expect((await decide(denied.user_code, 'allow')).status).toBe(400);
  const late = (await begin()).json;
  sandbox.clock.now += 600_000;
  expect((await decide(late.user_code, 'allow')).status).toBe(400);
  expect((await poll(late.device_code)).json.error).toBe('expired_token');
});

test('who asks too often is told to slow down', async () => {
  const { device_code } = (await begin()).json;
  await poll(device_code);
  const again = await send('/lamp.example/token', { ...CLIENT, grant_type: GRANT, device_code });
  expect(again).toMatchObject({ status: 400, json: { error: 'slow_down' } });
});

test.each([
  ['a wrong secret', { client_secret: 'x' }, 401, 'invalid_client'],
  ['an unknown scope', { scope: 'everything' }, 400, 'invalid_scope'],
])('%s is refused', async (_what, more, status, error) => {
  expect(await begin(more)).toMatchObject({ status, json: { error } });
});

test('a definition without it has neither the endpoint’s grant nor another client’s codes', async () => {
  const { device_code, user_code } = (await begin()).json;
  await decide(user_code, 'allow');
  const stranger = { client_id: 'sandbox-plain', client_secret: 'sandbox-secret' };
  expect((await poll(device_code, stranger)).json.error).toBe('unsupported_grant_type');
  expect(await begin(stranger)).toMatchObject({ status: 401 });
  expect((await poll(device_code)).status).toBe(200);
});

test('the page asks for the code, and says so when there is none like it', async () => {
  const page = async (query: string) => {
    const response = await fetch(`${sandbox.origin}/lamp.example/device/page${query}`);
    return { status: response.status, text: await response.text() };
  };
  expect(await page('')).toMatchObject({ status: 200, text: expect.stringContaining('<input name="user_code"') });
  expect(await page('?user_code=BBBB-BBBB')).toMatchObject({
    status: 400,
    text: expect.stringContaining('unknown, used or older'),
  });
});

test('what was typed survives a restart, and nothing readable lies on the disk', async () => {
  const { device_code, user_code } = (await begin()).json;
  await decide(user_code, 'allow');
  const { dataDir, clock } = sandbox;
  await sandbox.stop();
  const journal = readFileSync(join(dataDir, 'journal.jsonl'), 'utf8');
  expect(journal).not.toContain(device_code);
  expect(journal).not.toContain(user_code);
  sandbox = await start({ definitions: [lamp, plain], dataDir, now: clock.now });
  expect((await poll(device_code)).status).toBe(200);
});
