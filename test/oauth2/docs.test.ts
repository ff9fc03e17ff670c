/** Every TypeScript program in docs/oauth2.md is compiled as strictly as the sources, and run; its tables name what is really there. */
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as library from '../../src/oauth2/index.js';
import {
  compiledProgram,
  compilePrograms,
  converse,
  readPrograms,
  redirectFetch,
} from '../support/documented-programs.js';
import { CLIENT, ExampleProviders } from './support/example-providers.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/oauth2.md'), 'utf8');
const programs = readPrograms('docs/oauth2.md');
const providers = new ExampleProviders();
let folder: string;
let preload: string;
let server: Server;

beforeAll(async () => {
  folder = compilePrograms(programs, 'src/oauth2/index', ['jose', 'oauth4webapi']);
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
  preload = redirectFetch(folder, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}, 60_000);

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

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
  const child = spawn(process.execPath, ['--import', preload, compiledProgram(folder, index)], {
    env: { ...env, PORT: '0', EXAMPLE_PRIVATE_KEY: key, EXAMPLE_PASSWORD: 'CANARY-PASSWORD' },
  });
  const output = await converse(child, {
    consent: (url) => (url.includes('response_type=') ? providers.authorize(url) : undefined),
    visit: signIn,
  });
  expect(output).toContain(expected[title] ?? 'nothing expected');
  expect(output).not.toMatch(/access-|refresh-|documented\/secret|CANARY/);
});

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
