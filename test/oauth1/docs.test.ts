/** Every TypeScript program in docs/oauth1.md is compiled as strictly as the sources, and run. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestProvider } from './test-provider.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const CLIENT = { clientId: 'documented-id', clientSecret: 'documented-secret' };
const programs = readPrograms();
const provider = new TestProvider(Date.now, CLIENT);
let folder: string;
let server: Server;

/** Each program by the heading above it. */
function readPrograms(): { title: string; source: string }[] {
  const found: { title: string; source: string }[] = [];
  let title = '';
  for (const [block, heading] of readFileSync(join(root, 'docs/oauth1.md'), 'utf8').matchAll(
    /^#+ (.*)$|^```ts\n[\s\S]*?^```$/gm,
  )) {
    if (heading === undefined) found.push({ title, source: block.replace(/^```.*$/gm, '') });
    else title = heading;
  }
  return found;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-docs-'));
  mkdirSync(join(folder, 'programs'));
  for (const [index, { source }] of programs.entries()) writeFileSync(join(folder, 'programs', `${index}.ts`), source);
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      outDir: join(folder, 'out'),
      rootDir: '/',
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      paths: { latchkey: [join(root, 'src/oauth1/index.ts')] },
    },
    include: [join(folder, 'programs')],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The programs of docs/oauth1.md do not compile:\n${stdout}`);

  mkdirSync(join(folder, 'node_modules/latchkey'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/latchkey/package.json'), '{"type":"module","exports":"./index.js"}');
  const built = join(folder, 'out', root, 'src/oauth1/index.js');
  writeFileSync(join(folder, 'node_modules/latchkey/index.js'), `export * from ${JSON.stringify(built)};\n`);

  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = String(request.headers['x-original-url']);
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(
        ([name]) => !/^(?:host|connection|transfer-encoding|content-length|x-original-url|expect)$/.test(name),
      ),
    );
    const init = {
      method: request.method ?? '',
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    };
    const [answer] = await provider.answer(url, init);
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  // Whatever host a program calls, the provider of the test answers, and learns which URL was meant.
  const preload = `const real = fetch;
globalThis.fetch = (url, init = {}) => {
  const target = new URL(url);
  if (target.protocol !== 'https:') return real(url, init);
  const headers = new Headers(init.headers);
  headers.set('x-original-url', target.href);
  return real('http://localhost:${(server.address() as AddressInfo).port}/', { ...init, headers });
};\n`;
  writeFileSync(join(folder, 'preload.js'), preload);
}, 60_000);

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const expected: Record<string, string> = {
  'The shortest program': '200\n',
  'rauth: a program that asks for a PIN (Fitbit)': 'connected 6253282 200\n',
  'requests-oauth: a hook (Imgur)': 'uploaded 200\n',
  'requests-oauthlib: Twitter': 'posted as somebody 200\n',
  'requests-oauthlib: Tumblr': 'dashboard 200\n',
  'requests-oauthlib: Bitbucket': 'repositories 200\n',
  'python-oauth2: signing in with Twitter': 'Signed in: 6253282 (somebody)',
  'python-oauth2: two-legged calls': '200\n',
  'A method of your own': 'true\n',
  'Odd services': "status 200 further fields [ 'oauth_callback_confirmed' ]\n",
  'Protecting your own API': "photos of Jane [ [ 'size', 'original' ] ]\n",
  'Why is my signature wrong?': "[ 'scheme_differs', 'plus_kept' ]\n",
};

test('every program has an expectation, and the other way round', () => {
  expect(programs.map(({ title }) => title)).toEqual(Object.keys(expected));
});

test.each(programs.map(({ title }, index) => [title, index] as const))('%s', async (title, index) => {
  const names = ['TWITTER', 'FITBIT', 'IMGUR', 'TUMBLR', 'BITBUCKET', 'EXAMPLE'];
  const env = Object.fromEntries(
    names.flatMap((name) => [
      [`${name}_CLIENT_ID`, CLIENT.clientId],
      [`${name}_CLIENT_SECRET`, CLIENT.clientSecret],
    ]),
  );
  const file = join(folder, 'out', folder, 'programs', `${index}.js`);
  const child = spawn(process.execPath, ['--import', join(folder, 'preload.js'), file], { env: { ...env, PORT: '0' } });
  const output = await converse(child);
  expect(output).toContain(expected[title] ?? 'nothing expected');
  expect(output).not.toContain(CLIENT.clientSecret);
});

/** Plays the person: opens what is to be opened, agrees, and types what is asked for. */
function converse(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const seen = new Set<string>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const [url] of output.matchAll(/https?:\/\/\S+(?=\n)/g)) {
        if (seen.has(url)) continue;
        seen.add(url);
        if (url.includes('oauth_token=')) child.stdin.write(`${provider.authorize(url)}\n`);
        else if (url.startsWith('http://localhost')) {
          signIn(url).then((page) => {
            child.kill();
            resolve(page);
          }, reject);
        }
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('exit', (status) => (status === 0 ? resolve(output) : reject(new Error(`Exit ${status}:\n${output}`))));
  });
}

async function signIn(site: string): Promise<string> {
  const start = await fetch(`${site}/login`, { method: 'POST', redirect: 'manual' });
  const cookie = (start.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const callback = provider.authorize(start.headers.get('location') ?? '');
  const stranger = await fetch(callback);
  expect([stranger.status, await stranger.text()]).toEqual([400, 'oauth1_token_mismatch']);
  const page = await fetch(callback, { headers: { cookie } });
  const again = await fetch(callback, { headers: { cookie } });
  expect(again.status).toBe(400);
  return page.text();
}
