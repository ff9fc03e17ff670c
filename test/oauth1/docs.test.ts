/** Every TypeScript program in docs/oauth1.md is compiled as strictly as the sources, and run. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  compiledProgram,
  compilePrograms,
  converse,
  readPrograms,
  redirectFetch,
} from '../support/documented-programs.js';
import { TestProvider } from './test-provider.js';

const CLIENT = { clientId: 'documented-id', clientSecret: 'documented-secret' };
const programs = readPrograms('docs/oauth1.md');
const provider = new TestProvider(Date.now, CLIENT);
let folder: string;
let preload: string;
let server: Server;

beforeAll(async () => {
  folder = compilePrograms(programs, 'src/oauth1/index');
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
  preload = redirectFetch(folder, `http://localhost:${(server.address() as AddressInfo).port}`);
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
  const child = spawn(process.execPath, ['--import', preload, compiledProgram(folder, index)], {
    env: { ...env, PORT: '0' },
  });
  const output = await converse(child, {
    consent: (url) => (url.includes('oauth_token=') ? provider.authorize(url) : undefined),
    visit: signIn,
  });
  expect(output).toContain(expected[title] ?? 'nothing expected');
  expect(output).not.toContain(CLIENT.clientSecret);
});

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
