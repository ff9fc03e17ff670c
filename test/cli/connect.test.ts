/** Connecting from the command line, against the sandbox: every way there is, and every way it can end. */

import { seedPerson } from '../support/people.js';
import { answerConsent } from '../support/sandbox-control.js';
import type { Typed } from './support/typed.js';
import { addressIn as address, createWorld, type World } from './support/world.js';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
beforeEach(() => world.reset());
afterAll(() => world.close());

const type: World['type'] = (args, more) => world.type(args, more);
const typed: World['typed'] = (args, more) => world.typed(args, more);
const connections = () => world.db.database.prisma.connection.findMany({ include: { user: true } });

/** Agrees (or not) on the provider's page and goes where that leads. */
async function comeBack(command: Typed, decision: 'allow' | 'deny' = 'allow'): Promise<Response> {
  return await fetch(await answerConsent(await address(command), decision));
}

/** The number that the provider's page shows. */
async function numberShown(url: string): Promise<string> {
  const action = new URL(url);
  const body = new URLSearchParams({ oauth_token: action.searchParams.get('oauth_token') ?? '', decision: 'allow' });
  const page = await fetch(url.split('?', 1)[0] ?? '', { method: 'POST', body });
  return /<code>(\d{7})<\/code>/.exec(await page.text())?.[1] ?? '';
}

describe('the browser comes back to this machine', () => {
  test.each(['fitbit', 'twitter'])('%s: connected, stored sealed, and the page says so', async (provider) => {
    const command = type(['connect', provider, '--json']);
    const page = await comeBack(command);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('You can close this tab');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await command.ended).toBe(0);
    const result = JSON.parse(command.out());
    expect(result).toMatchObject({ provider, sandbox: true, created: true, label: expect.any(String) });
    const [row] = await connections();
    expect(row).toMatchObject({ id: result.id, status: 'active', subject: result.subject });
    expect(row?.user).toMatchObject({ localName: 'local', id: result.user });
    expect(row?.credentials).toMatch(/^1\.test\./);
  });

  test('a second time renews the same connection', async () => {
    await world.control.behaviour({ autoApprove: true });
    const once = async () => {
      const command = type(['connect', 'fitbit', '--json']);
      await fetch(await address(command));
      expect(await command.ended).toBe(0);
      return JSON.parse(command.out());
    };
    const first = await once();
    expect(await once()).toMatchObject({ id: first.id, created: false });
  });

  test('strangers who knock are sent away, and the right answer is still awaited', async () => {
    const command = type(['connect', 'fitbit', '--json']);
    const callback = new URL(new URL(await address(command)).searchParams.get('redirect_uri') ?? '');
    expect(callback.hostname).toBe('127.0.0.1');
    const statusOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;
    expect(await statusOf(`${callback.origin}/favicon.ico`)).toBe(404);
    expect(await statusOf(callback.href, { method: 'DELETE' })).toBe(405);
    expect(await statusOf(callback.href, { headers: { 'Sec-Purpose': 'prefetch' } })).toBe(503);
    expect(await statusOf(`${callback.href}?state=somebody-elses&code=stolen`)).toBe(400);
    expect(await statusOf(callback.href)).toBe(400);
    await comeBack(command);
    expect(await command.ended).toBe(0);
  });

  test('saying no connects nothing, and fails without drama', async () => {
    const command = type(['connect', 'twitter']);
    expect(await (await comeBack(command, 'deny')).text()).toContain('is not connected');
    expect(await command.ended).toBe(1);
    expect(command.words()).toContain('says that you did not agree');
    expect(await connections()).toEqual([]);
  });

  test('whoever opened the page elsewhere pastes the address they ended up at', async () => {
    const command = type(['connect', 'fitbit'], { terminal: 200 });
    const url = await address(command);
    await command.says(/paste the address/);
    command.answer('http://localhost/?state=wrong&code=x');
    await command.says(/Still waiting for the right one/);
    command.answer(await answerConsent(url, 'allow'));
    expect(await command.ended).toBe(0);
    expect(command.out()).toMatch(/^Connected .* at Fitbit in the sandbox/);
  });

  test('Ctrl-C cancels, and the port is free again', async () => {
    const command = type(['connect', 'fitbit']);
    const callback = new URL(await address(command)).searchParams.get('redirect_uri') ?? '';
    command.cancel();
    expect(await command.ended).toBe(130);
    expect(command.words()).toContain('Cancelled');
    await expect(fetch(callback)).rejects.toThrow();
    expect(await connections()).toEqual([]);
  });

  test('nobody comes: it ends with a clear word', async () => {
    const { code, words } = await typed(['connect', 'fitbit', '--timeout', '1']);
    expect(code).toBe(1);
    expect(words).toContain('Nobody came back from Fitbit within 1 seconds. Nothing was connected.');
  });

  test('the scopes that were asked for are those that are kept', async () => {
    const command = type(['connect', 'fitbit', '--json', '--scope', 'profile']);
    expect(new URL(await address(command)).searchParams.get('scope')).toBe('profile');
    await comeBack(command);
    expect(await command.ended).toBe(0);
    expect(JSON.parse(command.out()).scopes).toEqual(['profile']);
  });
});

describe('by hand', () => {
  test('OAuth 1: the number that the provider shows is typed', async () => {
    const command = type(['connect', 'twitter', '--manual'], { terminal: 200 });
    const url = await address(command);
    await command.says(/Type the number shown there/);
    command.answer(await numberShown(url));
    expect(await command.ended).toBe(0);
    const [call] = await world.control.calls('/api.x.com/oauth/request_token');
    expect(call?.headers.authorization).toContain('oauth_callback="oob"');
  });

  test('a wrong number fails, and says what to do', async () => {
    const command = type(['connect', 'twitter', '--manual'], { input: '0000000\n' });
    expect(await command.ended).toBe(1);
    expect(command.words()).toMatch(/Start again|Check its client id/);
    expect(await connections()).toEqual([]);
  });

  test('OAuth 2: a program brings the address through a pipe', async () => {
    const command = type(['connect', 'fitbit', '--manual', '--json']);
    const url = await address(command);
    expect(new URL(url).searchParams.get('redirect_uri')).toBe('http://localhost:3000/auth/fitbit/callback');
    command.answer(`${await answerConsent(url, 'allow')}\n`);
    expect(await command.ended).toBe(0);
  });

  test('an input that ends without an answer is a failure', async () => {
    const { code, words } = await typed(['connect', 'twitter', '--manual'], { input: '' });
    expect(code).toBe(1);
    expect(words).toContain('The input ended before');
  });
});

describe('with a code that is typed on any device', () => {
  const consentOnDevice = async (url: string, decision: 'allow' | 'deny') => {
    const target = new URL(url);
    const body = new URLSearchParams({ user_code: target.searchParams.get('user_code') ?? '', decision });
    const page = await fetch(`${target.origin}${target.pathname}`, { method: 'POST', body });
    expect(page.status).toBe(200);
  };

  test('is what happens without a browser, where the provider has it', async () => {
    const command = type(['connect', 'lamp', '--json']);
    const url = await address(command);
    expect(command.words()).toMatch(/enter the code [A-Z]{4}-[A-Z]{4}/);
    await consentOnDevice(url, 'allow');
    expect(await command.ended).toBe(0);
    expect(JSON.parse(command.out())).toMatchObject({ provider: 'lamp', scopes: ['who', 'books'] });
    expect((await typed(['call', 'lamp', '/me'])).code).toBe(0);
  });

  test('can be denied there', async () => {
    const command = type(['connect', 'lamp']);
    await consentOnDevice(await address(command), 'deny');
    expect(await command.ended).toBe(1);
    expect(command.words()).toContain('did not agree');
  });

  test('is refused where the provider has no such way', async () => {
    const { code, words } = await typed(['connect', 'fitbit', '--device']);
    expect({ code, words }).toEqual({ code: 1, words: expect.stringContaining('has no sign-in by device code') });
  });

  test('a client that may not use it comes back by the browser instead', async () => {
    const refusal = { status: 400, body: { error: 'unauthorized_client' } };
    await world.control.next({ path: '/lamp.example/device', ...refusal });
    const command = type(['connect', 'lamp', '--json']);
    expect(await address(command)).toContain('/lamp.example/authorize');
    await comeBack(command);
    expect(await command.ended).toBe(0);
  });
});

describe('whose connection it becomes', () => {
  beforeEach(() => world.control.behaviour({ autoApprove: true }));

  const connectAs = async (user: string, subject: string) => {
    await world.control.user({ subject });
    const command = type(['connect', 'fitbit', '--json', '--user', user]);
    const url = await address(command).catch(() => undefined);
    if (url) await fetch(url);
    return { code: await command.ended, out: JSON.parse(command.out()) };
  };

  test('names of the command line may connect one account each, and stand in nobody’s way on the web', async () => {
    const web = await seedPerson(world.db.database, {
      name: 'Web',
      ways: [{ namespace: 'sandbox:twitter', subject: '7' }],
    });
    expect(await connectAs('ada', 'F1')).toMatchObject({ code: 0 });
    expect(await connectAs('bob', 'F1')).toMatchObject({ code: 0 });
    expect(await connectAs('sandbox:twitter:7', 'F1')).toMatchObject({ code: 0, out: { user: web } });
    expect(await connections()).toHaveLength(3);
  });

  test('people of the web do not get an account of somebody else', async () => {
    const one = await seedPerson(world.db.database, {
      name: 'One',
      ways: [{ namespace: 'sandbox:twitter', subject: '1' }],
    });
    const two = await seedPerson(world.db.database, {
      name: 'Two',
      ways: [{ namespace: 'sandbox:twitter', subject: '2' }],
    });
    expect(await connectAs(one, 'F2')).toMatchObject({ code: 0 });
    expect(await connectAs(two, 'F2')).toMatchObject({ code: 1, out: { error: { code: 'belongs_to_somebody_else' } } });
    expect(await connections()).toHaveLength(1);
  });

  test.each(['nobody:here', '01990000-0000-7000-8000-000000000000', ' ', '../x'])(
    'an unknown person "%s" is not made up',
    async (user) => {
      expect(await connectAs(user, 'F3')).toMatchObject({ code: 1 });
      expect(await world.db.database.prisma.user.count()).toBe(0);
    },
  );
});

test.each([
  [['connect', 'nowhere'], 'provider_unknown'],
  [['connect', 'fitbit', '--instance', 'host.example'], 'instance_not_wanted'],
  [['connect', 'fitbit', '--device', '--manual'], 'options_conflict'],
])('%j is refused', async (args, code) => {
  const { out, words } = await typed([...args, '--json']);
  expect(JSON.parse(out).error.code).toBe(code);
  expect(words).not.toContain('    at ');
});

test.each([
  [['shopify'], 'instance_needed', /Your shop: Shopify needs to know it/, /--instance example\.myshopify\.com/],
  [
    ['shopify', '--instance', 'mystore'],
    'instance_refused',
    /"mystore" is not the name/,
    /--instance example\.myshopify\.com/,
  ],
  [['mastodon', '--instance', 'bad host\n'], 'instance_refused', /"bad host\\n"/, /--instance mastodon\.social/],
  [
    ['mastodon', '--instance', 'fosstodon.org'],
    'instance_elsewhere',
    /registered at mastodon\.social only, not at fosstodon\.org/,
    /Leave out --instance/,
  ],
])('%j: a server is needed, wrong, or not ours, and that is what is said', async (args, code, message, advice) => {
  const { error } = JSON.parse((await typed(['connect', ...args, '--json'])).out);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message), advice: expect.stringMatching(advice) });
});

test('a provider without a client says which variables it needs', async () => {
  const { code, words } = await typed(['connect', 'github'], { environment: { SANDBOX: 'off' } });
  expect(code).toBe(1);
  expect(words).toContain('GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are not set');
});
