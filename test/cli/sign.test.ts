/** `latchkey sign` against RFC 5849's and OAuth Core 1.0's own examples, and with everything that can be wrong about credentials. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TypingOptions, typed, type as typeLine } from './support/typed.js';
import { createWorld, type World } from './support/world.js';

let folder: string;
let keys: string;

/** OAuth Core 1.0 Revision A, appendix A.5. */
const SECRETS = { clientSecret: 'kd94hf93k423kf44', tokenSecret: 'pfkkdhi9sl3r4s00' };
const CREDENTIALS = { clientId: 'dpf43f3p2l4k3l03', token: 'nnch734d00sl2jdk', ...SECRETS };
const PHOTOS = 'http://photos.example.net/photos?file=vacation.jpg&size=original';
const FIXED = ['--timestamp', '1191242096', '--nonce', 'kllo9940pd9333jh'];
const SIGNATURE = 'tR3+Ty81lMeYAr/Fid0kMTYa/WM=';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-sign-'));
  keys = join(folder, 'keys.json');
  writeFileSync(keys, JSON.stringify(CREDENTIALS), { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sign = (args: readonly string[], options?: TypingOptions) => typed(['sign', ...args], options);

test('produces the signature of the specification’s example', async () => {
  const { code, out, words } = await sign(['GET', PHOTOS, '-c', keys, ...FIXED]);
  expect({ code, words }).toEqual({ code: 0, words: '' });
  expect(out).toContain(`GET ${PHOTOS}\n`);
  expect(out).toContain(`oauth_signature="${encodeURIComponent(SIGNATURE)}"`);
  const json = JSON.parse((await sign(['GET', PHOTOS, '-c', keys, ...FIXED, '--json'])).out);
  expect(json).toMatchObject({ signature: SIGNATURE, headers: { Authorization: expect.stringMatching(/^OAuth /) } });
});

test('explains every step, and no secret is in it', async () => {
  const { code, out } = await sign(['GET', PHOTOS, '-c', keys, ...FIXED, '--explain']);
  expect(code).toBe(0);
  expect(out).toContain('Key                    [client secret]&[token secret]');
  expect(out).toContain(`Signature              ${SIGNATURE}`);
  for (const secret of Object.values(SECRETS)) expect(out).not.toContain(secret);
});

test('a signed request is explained as it is; a wrong signature is a failure', async () => {
  const { headers } = JSON.parse((await sign(['GET', PHOTOS, '-c', keys, ...FIXED, '--json'])).out);
  const right = await sign(['GET', PHOTOS, '-c', keys, '-H', `Authorization: ${headers.Authorization}`]);
  expect(right).toMatchObject({ code: 0, out: expect.stringContaining('this signature') });
  const wrong = await sign(['GET', `${PHOTOS}&more=1`, '-c', keys, '-H', `Authorization: ${headers.Authorization}`]);
  expect(wrong).toMatchObject({ code: 1, out: expect.stringContaining('another signature') });
});

test.each(['abc', '0', '-1', '1.5', ' 1', ''])(
  'a timestamp %j is refused (RFC 5849 section 3.3)',
  async (timestamp) => {
    const { code, words } = await sign(['GET', PHOTOS, '-c', keys, '--timestamp', timestamp]);
    expect(code).toBe(2);
    expect(words).toContain('whole number of seconds');
  },
);

test('finds where the provider’s base string differs', async () => {
  const theirs = join(folder, 'theirs.txt');
  const { baseString } = JSON.parse((await sign(['GET', PHOTOS, '-c', keys, ...FIXED, '--json'])).out);
  writeFileSync(theirs, `${baseString.replace('http%3A', 'https%3A')}\n`);
  const { out } = await sign(['GET', PHOTOS, '-c', keys, ...FIXED, '--base-string', `@${theirs}`]);
  expect(out).toContain('Likely cause');
});

test('forms, placements, realms, body hashes and other methods', async () => {
  const form = await sign([
    'POST',
    'https://api.example.com/a',
    '-c',
    keys,
    '-f',
    'b=c d',
    '--placement',
    'body',
    '--json',
  ]);
  expect(JSON.parse(form.out).body).toMatch(/^b=c\+d&oauth_consumer_key=/);
  const query = await sign([
    'GET',
    'https://api.example.com/a',
    '-c',
    keys,
    '--placement',
    'query',
    '-m',
    'HMAC-SHA256',
    '--json',
  ]);
  expect(JSON.parse(query.out).url).toContain('oauth_signature_method=HMAC-SHA256');
  const data = await sign([
    'POST',
    'https://api.example.com/a',
    '-c',
    keys,
    '-d',
    '{}',
    '-H',
    'Content-Type: application/json',
    '--body-hash',
    '--realm',
    'Photos',
    '--json',
  ]);
  expect(JSON.parse(data.out).headers.Authorization).toMatch(/realm="Photos".*oauth_body_hash="/);
});

describe('credentials', () => {
  test('come through the standard input', async () => {
    const { out } = await sign(['GET', PHOTOS, '-c', '-', ...FIXED], { input: JSON.stringify(CREDENTIALS) });
    expect(out).toContain(encodeURIComponent(SIGNATURE));
  });

  test('are asked for on a terminal, and secrets are not shown while they are typed', async () => {
    const command = typeLine(['sign', 'GET', PHOTOS, ...FIXED, '--explain'], {
      terminal: 100,
      environment: { NO_COLOR: '1' },
    });
    for (const [question, answer] of [
      [/Client id.*:/, CREDENTIALS.clientId],
      [/Client secret:/, CREDENTIALS.clientSecret],
      [/Token \(empty.*:/, CREDENTIALS.token],
      [/Token secret:/, CREDENTIALS.tokenSecret],
    ] as const) {
      await command.says(question);
      command.answer(answer);
    }
    expect(await command.ended).toBe(0);
    expect(command.out()).toContain(SIGNATURE);
    expect(command.words()).toContain(CREDENTIALS.clientId);
    for (const secret of Object.values(SECRETS)) expect(command.words() + command.out()).not.toContain(secret);
  });

  test('a file that others can read is used, with a word about it', async () => {
    const open = join(folder, 'open.json');
    writeFileSync(open, JSON.stringify(CREDENTIALS));
    chmodSync(open, 0o644);
    expect(await sign(['GET', PHOTOS, '-c', open])).toMatchObject({
      code: 0,
      words: expect.stringContaining('chmod 600'),
    });
  });

  test.each([
    ['no JSON', 'hush hush', 'no JSON'],
    ['a wrong field', '{"clientId":"a","secret":"hush hush"}', 'wrong field'],
    ['a wrong type', '{"clientId":["hush hush"]}', 'clientId'],
  ])('%s is refused without being quoted', async (_what, content, word) => {
    const { code, words } = await sign(['GET', PHOTOS, '-c', '-'], { input: content });
    expect(code).toBe(1);
    expect(words).toContain(word);
    expect(words).not.toContain('hush');
  });

  test('without any, and nobody to ask, it says where to put them', async () => {
    expect(await sign(['GET', PHOTOS])).toMatchObject({ code: 1, words: expect.stringContaining('--credentials') });
    expect(await sign(['GET', PHOTOS, '-c', '/nowhere.json'])).toMatchObject({
      code: 1,
      words: expect.stringContaining('/nowhere.json is not there'),
    });
  });
});

describe('of a connection', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  test('sign as it would; OAuth 2 has nothing to sign', async () => {
    await world.connect('twitter');
    const before = await world.control.calls();
    const signed = await world.typed(['sign', 'GET', 'https://api.x.com/1.1/x.json', '--as', 'twitter', '--json']);
    expect(JSON.parse(signed.out).headers.Authorization).toContain('oauth_token="sbx_');
    await world.connect('shelf');
    expect(await world.typed(['sign', 'GET', 'https://a.example/', '--as', 'shelf'])).toMatchObject({
      code: 1,
      words: expect.stringContaining('signs nothing'),
    });
    expect(before.filter(({ path }) => path.includes('1.1/x.json'))).toEqual([]);
  });
});
