/** `latchkey call` and the commands around a connection, against the sandbox. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWorld, type World } from './support/world.js';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
beforeEach(() => world.reset());
afterAll(() => world.close());

const typed: World['typed'] = (args, more) => world.typed(args, more);
const path = (name: string) => join(world.dataDir, name);
const PROFILE = '/1/user/-/profile.json';
const ECHO = '/shelf.example/echo';
/** Answers a request below the API of the shelf with something chosen. */
const answer = (script: object) => world.control.next({ path: ECHO, ...script });

describe('a call', () => {
  test('into a pipe: the bytes of the answer and nothing else', async () => {
    await world.connect('shelf');
    const body = '{"big":12345678901234567890, "odd" : "\\u00e9"}';
    await answer({ body, headers: { 'Content-Type': 'application/json' } });
    expect(await typed(['call', 'shelf', '/echo'])).toEqual({ code: 0, out: body, words: '' });
  });

  test('on a terminal: indented, every figure as it was sent, control characters spelled out', async () => {
    await world.connect('shelf');
    await answer({ body: '{"big":12345678901234567890,"rtl":"\u202e","list":[],"deep":{"a":[1,2.50]}}' });
    const { out } = await typed(['call', 'shelf', '/echo'], { terminal: 80, environment: { NO_COLOR: '1' } });
    expect(out).toBe(
      '{\n  "big": 12345678901234567890,\n  "rtl": "\\u202e",\n  "list": [],\n  "deep": {\n    "a": [\n      1,\n      2.50\n    ]\n  }\n}\n',
    );
  });

  test('on a terminal: text that is no JSON cannot command the terminal, and bytes are not printed', async () => {
    await world.connect('shelf');
    await answer({ body: 'before\u001b]0;title\u0007after' });
    expect((await typed(['call', 'shelf', '/echo'], { terminal: 80 })).out).toBe('before\\u001b]0;title\\u0007after\n');
    await answer({ body: 'a\u0000b' });
    const binary = await typed(['call', 'shelf', '/echo'], { terminal: 80 });
    expect({ code: binary.code, out: binary.out }).toEqual({ code: 1, out: '' });
    expect(binary.words).toContain('--output');
  });

  test.each([
    [204, 0],
    [302, 3],
    [404, 4],
    [503, 5],
  ])('status %i ends with exit code %i', async (status, code) => {
    await world.connect('shelf');
    await answer({ status, headers: status === 302 ? { Location: 'https://elsewhere.example/' } : {}, body: '' });
    expect((await typed(['call', 'shelf', '/echo'])).code).toBe(code);
  });

  test('-i shows the head, -o writes a file that only its owner can read', async () => {
    await world.connect('shelf');
    await answer({ body: 'hello', headers: { 'X-Custom': 'yes' } });
    const head = await typed(['call', 'shelf', '/echo', '-i', '-o', path('answer.txt')]);
    expect(head.out).toMatch(/^HTTP 200/);
    expect(head.out).toContain('x-custom: yes');
    expect(head.out).not.toContain('hello');
    expect(readFileSync(path('answer.txt'), 'utf8')).toBe('hello');
    expect(statSync(path('answer.txt')).mode & 0o777).toBe(0o600);
  });

  test('--json tells status, headers and body', async () => {
    await world.connect('shelf');
    await answer({ status: 418, body: { short: 'and stout' } });
    const { code, out } = await typed(['call', 'shelf', '/echo', '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({ status: 418, body: { short: 'and stout' } });
  });

  /** What arrived there last. */
  async function sent() {
    const calls = await world.control.calls(ECHO);
    const call = calls.at(-1);
    if (!call) throw new Error('Nothing arrived.');
    return call;
  }

  test('queries and headers are added, and the path’s own query stays', async () => {
    await world.connect('shelf');
    await answer({ body: '' });
    await typed([
      'call',
      'shelf',
      '/echo?a=1%2F2',
      '-q',
      'b=x y',
      '-q',
      'b=&=',
      '-H',
      'X-One: 1',
      '-H',
      'Accept: text/plain',
    ]);
    const call = await sent();
    expect(call.query).toBe('a=1%2F2&b=x+y&b=%26%3D');
    expect(call.headers).toMatchObject({ 'x-one': '1', accept: 'text/plain' });
    expect(call.method).toBe('GET');
  });

  test('data is JSON, from the command line, a file or the standard input', async () => {
    await world.connect('shelf');
    writeFileSync(path('data.json'), '{"from":"file"}');
    const cases = [
      { args: ['-d', '{"from":"line"}'], body: '{"from":"line"}' },
      { args: ['-d', `@${path('data.json')}`], body: '{"from":"file"}' },
      { args: ['-d', '@-'], body: '{"from":"input"}', input: '{"from":"input"}' },
    ];
    for (const { args, body, input } of cases) {
      await answer({ body: '' });
      await typed(['call', 'shelf', '/echo', ...args], input === undefined ? {} : { input });
      expect(await sent()).toMatchObject({ method: 'POST', body, headers: { 'content-type': 'application/json' } });
    }
  });

  test('forms are plain without a file, multipart with one; an upload goes as it is', async () => {
    await world.connect('shelf');
    writeFileSync(path('photo.txt'), 'a photo');
    await answer({ body: '', times: 3 });
    await typed(['call', 'shelf', '/echo', '-f', 'a=1', '-f', 'a=2 3']);
    expect(await sent()).toMatchObject({
      body: 'a=1&a=2+3',
      headers: { 'content-type': expect.stringMatching(/^application\/x-www-form/) },
    });
    await typed(['call', 'shelf', '/echo', '-f', 'a=1', '-f', `file=@${path('photo.txt')}`]);
    const multipart = await sent();
    expect(multipart.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(multipart.body).toMatch(/filename="photo\.txt"[\s\S]*a photo/);
    await typed(['call', 'shelf', '/echo', '-X', 'put', '-T', '-'], { input: 'streamed' });
    expect(await sent()).toMatchObject({
      method: 'PUT',
      body: 'streamed',
      headers: { 'content-type': 'application/octet-stream' },
    });
  });

  test('an expired token is renewed on the way', async () => {
    const { id } = await world.connect('shelf');
    const past = new Date(Date.now() - 60_000);
    await world.db.database.prisma.connection.update({ where: { id }, data: { expiresAt: past, refreshAt: past } });
    expect((await typed(['call', id, '/me'])).code).toBe(0);
    const row = await world.db.database.prisma.connection.findUniqueOrThrow({ where: { id } });
    expect(row.generation).toBe(2);
  });

  test('the provider’s own addresses work in the sandbox; other hosts get no token', async () => {
    await world.connect('shelf');
    expect((await typed(['call', 'shelf', 'https://shelf.example/me'])).code).toBe(0);
    const before = await world.control.calls();
    for (const address of [
      'https://evil.example/me',
      `${world.sandboxUrl}/evil.example/me`,
      'http://shelf.example/me',
    ]) {
      const { code, out } = await typed(['call', 'shelf', address, '--json']);
      expect([code, JSON.parse(out).error.code]).toEqual([1, expect.stringMatching(/^oauth2_/)]);
    }
    expect(await world.control.calls()).toEqual(before);
    const { words } = await typed(['call', 'shelf', 'https://evil.example/me']);
    expect(words).toContain('The token is not for this origin.');
    expect(words).toContain('give a path');
  });

  test.each([
    [['-H', 'nonsense'], 'Name: value'],
    [['-q', 'nonsense'], 'name=value'],
    [['-d', 'a=1'], 'no JSON'],
    [['-d', '{}', '-f', 'a=1'], 'Only one of'],
    [['-X', 'GET', '-d', '{}'], 'has no body'],
    [['-T', '/nowhere/at/all'], '/nowhere/at/all is not there'],
    [['-o', '/nowhere/at/all'], '/nowhere/at/all cannot be written: there is no directory /nowhere/at.'],
    [['-o', '/'], '/ cannot be written: that is a directory.'],
  ])('%j is refused before anything is sent', async (args, word) => {
    const { code, words } = await typed(['call', 'shelf', '/echo', ...args]);
    expect(code).not.toBe(0);
    expect(words).toContain(word);
    expect(await world.control.calls()).toEqual([]);
  });

  test('without a connection, it says how to make one', async () => {
    const { code, words } = await typed(['call', 'fitbit', PROFILE]);
    expect(code).toBe(1);
    expect(words).toContain('latchkey connect fitbit ');
  });

  test.each([
    ['call', 'nosuch', '/'],
    ['refresh', 'nosuch'],
    ['disconnect', 'nosuch'],
    ['connect', 'nosuch'],
  ])('%s: a provider that is not there is called so', async (...args) => {
    const { code, words } = await typed(args);
    expect(code).toBe(1);
    expect(words).toContain('There is no provider "nosuch".');
  });

  test('with two accounts, it names both and wants one', async () => {
    await world.control.user({ provider: 'fitbit', subject: 'ONE' });
    const one = await world.connect('fitbit');
    await world.control.user({ provider: 'fitbit', subject: 'TWO' });
    const two = await world.connect('fitbit');
    const { code, words } = await typed(['call', 'fitbit', PROFILE]);
    expect(code).toBe(1);
    expect(words).toContain(one.id);
    expect(words).toContain(two.id);
    expect((await typed(['call', two.id, PROFILE])).code).toBe(0);
  });

  test('a grant that was withdrawn says what to do', async () => {
    const { subject } = await world.connect('fitbit');
    await world.control.revoke({ provider: 'fitbit', subject });
    const { code, words } = await typed(['call', 'fitbit', PROFILE]);
    expect(code).toBe(1);
    expect(words).toContain('Connect it again with: latchkey connect');
  });

  test('--explain is about the request that went out, and keeps its secrets', async () => {
    await world.connect('twitter');
    await world.connect('shelf');
    const { code, words } = await typed([
      'call',
      'twitter',
      '/1.1/account/verify_credentials.json',
      '-q',
      'a=b c',
      '--explain',
    ]);
    expect(code).toBe(0);
    const [call] = await world.control.calls('/api.x.com/1.1/account/verify_credentials.json');
    const header = call?.headers.authorization ?? '';
    const signature = decodeURIComponent(/oauth_signature="([^"]+)"/.exec(header)?.[1] ?? '');
    expect(words).toContain(`Signature              ${signature}`);
    expect(words).toContain('The request carries    this signature');
    const token = /oauth_token="([^"]+)"/.exec(header)?.[1] ?? 'missing';
    expect(words).not.toContain(token);
    expect(words).toContain('oauth_token=[token]');
    const bearer = await typed(['call', 'shelf', '/me', '--explain']);
    expect(bearer.words).toContain('Bearer [token]');
    expect(bearer.words).not.toContain('sbx_at_');
    expect((await typed(['call', 'shelf', '/me', '--explain', '--show-secrets'])).words).toContain('sbx_at_');
  });
});

describe('connections', () => {
  test('none yet is no failure', async () => {
    expect(await typed(['connections', '--json'])).toMatchObject({ code: 0, out: '{"connections":[]}\n' });
  });

  test('lists one’s own, or everybody’s; tokens only when asked for by name', async () => {
    await world.connect('shelf');
    await world.connect('twitter', '--user', 'ada');
    const own = await typed(['connections']);
    expect(own.out).toMatch(/shelf \(sandbox\) +\S.* active/);
    expect(own.out).not.toContain('twitter');
    const all = await typed(['connections', '--all', '--json']);
    expect(JSON.parse(all.out).connections).toHaveLength(2);
    expect(all.out).not.toMatch(/sbx_|"accessToken"/);
    expect((await typed(['connections', '--show-secrets'])).code).toBe(1);
    const secret = JSON.parse((await typed(['connections', '--show-secrets', '--json'])).out);
    expect(secret.connections[0].credentials).toMatchObject({
      protocol: 'oauth2',
      accessToken: expect.stringMatching(/^sbx_at_/),
    });
    expect(await typed(['connections', '--user', 'nobody'])).toMatchObject({ code: 1 });
  });

  test('on a narrow terminal each is a short paragraph, and no line is wider', async () => {
    await world.connect('shelf');
    const { out } = await typed(['connections'], { terminal: 60, environment: { NO_COLOR: '1' } });
    expect(out).toMatch(/^ID +[0-9a-f-]{36}$/m);
    expect(out).toMatch(/^STATUS +active$/m);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

describe('refresh and disconnect', () => {
  test('renews now, though it is not due', async () => {
    const { id } = await world.connect('shelf');
    const { code, out } = await typed(['refresh', 'shelf', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id, renewed: true });
    expect(await world.control.calls('/shelf.example/token')).toHaveLength(2);
  });

  test('OAuth 1 has nothing to renew, which is fine', async () => {
    await world.connect('twitter');
    expect(await typed(['refresh', 'twitter'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing to renew'),
    });
  });

  test('a refresh that the provider cannot answer is a failure', async () => {
    await world.connect('shelf');
    await world.control.next({ path: '/shelf.example/token', status: 503, times: 9, body: '' });
    expect(await typed(['refresh', 'shelf'])).toMatchObject({ code: 1 });
  });

  test('disconnecting asks, and takes no for an answer', async () => {
    await world.connect('fitbit');
    const command = world.type(['disconnect', 'fitbit'], { terminal: 80 });
    await command.says(/\[y\/N\]/);
    command.answer('maybe');
    await command.says(/Please answer y or n/);
    command.answer('');
    expect(await command.ended).toBe(1);
    expect(await world.db.database.prisma.connection.count()).toBe(1);
  });

  test('disconnecting revokes, and a script has to say yes', async () => {
    await world.connect('fitbit');
    expect(await typed(['disconnect', 'fitbit'])).toMatchObject({ code: 1, words: expect.stringContaining('--yes') });
    const { code, out } = await typed(['disconnect', 'fitbit', '--yes', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ provider: 'fitbit', revocation: 'revoked' });
    expect(await world.db.database.prisma.connection.count()).toBe(0);
  });
});
