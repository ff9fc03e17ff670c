/** Every TypeScript program in docs/oauth2.md is compiled as strictly as the sources, and run; its tables name what is really there. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as library from '../../src/oauth2/index.js';
import { CLIENT, ExampleProviders } from './support/example-providers.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/oauth2.md'), 'utf8');
const programs = readPrograms();
const providers = new ExampleProviders();
let folder: string;
let server: Server;

/** Each program by the heading above it. */
function readPrograms(): { title: string; source: string }[] {
  const found: { title: string; source: string }[] = [];
  let title = '';
  for (const [block, heading] of page.matchAll(/^#+ (.*)$|^```ts\n[\s\S]*?^```$/gm)) {
    if (heading === undefined) found.push({ title, source: block.replace(/^```.*$/gm, '') });
    else title = heading;
  }
  return found;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-docs-'));
  compile();
  server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = new Headers(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ) as [string, string][],
    );
    const answer = await providers.answer(headers.get('x-original-url') ?? '', {
      method: request.method ?? '',
      headers,
      body,
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Whatever host a program calls, the providers of the test answer, and learn which URL was meant.
  const preload = `const real = fetch;
globalThis.fetch = (url, init = {}) => {
  const target = new URL(url);
  if (target.protocol !== 'https:') return real(url, init);
  const headers = new Headers(init.headers);
  headers.set('x-original-url', target.href);
  return real('http://127.0.0.1:${(server.address() as AddressInfo).port}/', { ...init, headers });
};\n`;
  writeFileSync(join(folder, 'preload.js'), preload);
}, 60_000);

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

/** Against the engine alone: the rest of the package would only make it slower. */
function compile(): void {
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
      paths: { latchkey: [join(root, 'src/oauth2/index.ts')] },
    },
    include: [join(folder, 'programs')],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The programs of docs/oauth2.md do not compile:\n${stdout}`);

  const built = join(folder, 'out', root, 'src/oauth2/index.js');
  mkdirSync(join(folder, 'node_modules/latchkey'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/latchkey/package.json'), '{"type":"module","exports":"./index.js"}');
  writeFileSync(join(folder, 'node_modules/latchkey/index.js'), `export * from ${JSON.stringify(built)};\n`);
  // The compiled engine asks for the project's own packages from outside the project.
  for (const name of ['jose', 'oauth4webapi']) {
    const place = join(folder, 'node_modules', name);
    const resolved = fileURLToPath(import.meta.resolve(name));
    mkdirSync(place);
    writeFileSync(join(place, 'package.json'), '{"type":"module","exports":"./index.js"}');
    writeFileSync(join(place, 'index.js'), `export * from ${JSON.stringify(resolved)};\n`);
  }
}

const expected: Record<string, string> = {
  'The shortest program': '200\n',
  GitHub: 'ada may use read:user, user:email\n',
  Google: 'ada@example.test true\n',
  Facebook: 'Ada 60\n',
  Fitbit: 'Ada\n',
  LinkedIn: 'subject-1 Ada\n',
  Outlook: "[ 'Tea', 'Engine' ]\n",
  Spotify: 'Ada\n',
  'Auth0: an installed program': 'ada\n',
  'A web application': 'Hello Ada',
  'Three ways to refresh': 'asked 200, told 1 200, silent 200\n',
  'A television': 'Type WDJB-MJHT at https://provider.example/activate\nAda\n',
  'A service account': '200\n',
  'A token for another service': 'true\n',
  'Old services': 'password valid, fragment valid\n',
  'Odd services': 'Ada\n',
  'Telling errors apart': 'client: ask the operator\n',
};

test('every program has an expectation, and the other way round', () => {
  expect(programs.map(({ title }) => title)).toEqual(Object.keys(expected));
});

test.each(programs.map(({ title }, index) => [title, index] as const))('%s', async (title, index) => {
  const names = ['GITHUB', 'GOOGLE', 'FACEBOOK', 'FITBIT', 'LINKEDIN', 'MICROSOFT', 'SPOTIFY', 'AUTH0', 'EXAMPLE'];
  const env = Object.fromEntries(
    names.flatMap((name) => [
      [`${name}_CLIENT_ID`, CLIENT.id],
      [`${name}_CLIENT_SECRET`, CLIENT.secret],
    ]),
  );
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const file = join(folder, 'out', folder, 'programs', `${index}.js`);
  const child = spawn(process.execPath, ['--import', join(folder, 'preload.js'), file], {
    env: { ...env, PORT: '0', EXAMPLE_PRIVATE_KEY: key, EXAMPLE_PASSWORD: 'CANARY-PASSWORD' },
  });
  const output = await converse(child);
  expect(output).toContain(expected[title] ?? 'nothing expected');
  expect(output).not.toMatch(/access-|refresh-|documented\/secret|CANARY/);
});

/** Plays the person: opens what is to be opened, agrees, and pastes the address the browser ends at. */
function converse(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const seen = new Set<string>();
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      for (const [url] of output.matchAll(/https?:\/\/\S+(?=\n)/g)) {
        if (seen.has(url)) continue;
        seen.add(url);
        if (url.includes('response_type=')) child.stdin.write(`${providers.authorize(url)}\n`);
        else if (url.startsWith('http://localhost')) {
          signIn(url).then((shown) => {
            child.kill();
            resolve(shown);
          }, reject);
        }
      }
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('exit', (status) => (status === 0 ? resolve(output) : reject(new Error(`Exit ${status}:\n${output}`))));
  });
}

/** Signs in at a site, and tries what it must not allow. */
async function signIn(site: string): Promise<string> {
  const start = await fetch(`${site}/login`, { method: 'POST', redirect: 'manual' });
  const cookie = (start.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const callback = new URL(providers.authorize(start.headers.get('location') ?? ''));
  const here = `${site}${callback.pathname}${callback.search}`;
  const stranger = await fetch(here);
  expect([stranger.status, await stranger.text()]).toEqual([400, 'oauth2_state_mismatch']);
  const arrived = await fetch(here, { headers: { cookie }, redirect: 'manual' });
  expect([arrived.status, arrived.headers.get('location')]).toEqual([303, '/']);
  expect((await fetch(here, { headers: { cookie } })).status).toBe(400);
  return await (await fetch(`${site}/`, { headers: { cookie } })).text();
}

test('the table of errors names every code, and no other', () => {
  const source = readFileSync(join(root, 'src/oauth2/errors.ts'), 'utf8');
  const union = source.slice(source.indexOf('export type OAuth2ErrorCode'), source.indexOf('/** Any failure'));
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code);
  const table = page.slice(page.indexOf('## Errors'));
  const documented = [...table.matchAll(/`((?:oauth2|oidc)_\w+)`/g)].map(([, code]) => code);
  expect([...new Set(documented)].sort()).toEqual([...codes].sort());
});

test('every name in code that the page mentions is exported', () => {
  const prose = page.replace(/^```[\s\S]*?^```$/gm, '');
  const mentioned = [...prose.matchAll(/`([a-zA-Z]\w+)\(/g)].map(([, name]) => name ?? '');
  const methods = Object.getOwnPropertyNames(library.OAuth2Session.prototype)
    .concat(Object.getOwnPropertyNames(library.OAuth2Token.prototype))
    .concat(Object.getOwnPropertyNames(library.OAuth2Token), ['token']);
  expect(mentioned.length).toBeGreaterThan(10);
  expect(mentioned.filter((name) => !(name in library) && !methods.includes(name))).toEqual([]);
});
