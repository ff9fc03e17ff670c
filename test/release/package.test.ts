/**
 * What `npm pack` gives, installed into an empty project from the registry, as somebody would who embeds Latchkey: it type-checks, it
 * runs, and its command works. Switched on by TEST_RELEASE=1, because it needs the registry.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
let project: string;
let packed: string[];
let installed: string[];

function run(command: string, args: readonly string[], cwd = project): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'latchkey-package-'));
  const [archive] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root));
  packed = archive.files.map(({ path }: { path: string }) => path);
  writeFileSync(join(project, 'package.json'), '{ "name": "somebody", "private": true, "type": "module" }');
  run('npm', ['install', '--no-audit', '--no-fund', '--omit=dev', '--prefer-offline', archive.filename]);
  const { packages } = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'));
  installed = Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13));
}, 300_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

const program = `
import type { Server } from 'node:http';
import express from 'express';
import { type ConnectionClient, createLatchkey, type Latchkey, migrate, openDatabase, signRequest } from 'latchkey';
import { OAuth1Session } from 'latchkey/oauth1';
import { OAuth2Session } from 'latchkey/oauth2';

const database = await openDatabase({ dataDir: 'data' });
await migrate(database);
const latchkey: Latchkey = await createLatchkey({
  database,
  baseUrl: 'http://localhost:3999',
  sessionSecrets: ['0123456789abcdefghijklmnopqrstuvwxyz'],
  vaultKeys: \`k1:\${Buffer.alloc(32, 9).toString('base64')}\`,
  clients: { github: { clientId: 'id', clientSecret: 'secret' } },
});
export const client = (user: string): Promise<ConnectionClient> => latchkey.clients.for(user, 'github');
const app = express();
app.use(latchkey.router);
const server: Server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const address = server.address();
const port = typeof address === 'object' ? address?.port : undefined;
const { get } = await import('node:http');
const page = await new Promise<{ status: number | undefined; text: string }>((resolve) =>
  get({ host: '127.0.0.1', port, path: '/', headers: { host: 'localhost:3999' } }, (answer) => {
    let text = '';
    answer.on('data', (chunk) => { text += chunk; }).on('end', () => resolve({ status: answer.statusCode, text }));
  }));
const { signature } = signRequest({ method: 'GET', url: 'https://example.com/' }, { clientId: 'c', clientSecret: 's' });
console.log(JSON.stringify({
  status: page.status, github: page.text.includes('GitHub'), signed: signature.length > 20,
  sessions: [typeof OAuth1Session, typeof OAuth2Session],
}));
server.close();
await latchkey.close();
await database.close();
`;

test('its types serve a strict TypeScript program, and the program runs', () => {
  writeFileSync(join(project, 'app.ts'), program);
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const { module, target, strict } = compilerOptions;
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { module, target, strict, skipLibCheck: false, types: ['node'] },
      files: ['app.ts'],
    }),
  );
  run('npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--prefer-offline',
    '@types/express@5',
    '@types/node@20',
  ]);
  run(join(root, 'node_modules/.bin/tsc'), ['-p', '.']);
  const said = run(process.execPath, ['app.js']).trim().split('\n').at(-1) ?? '';
  expect(JSON.parse(said)).toEqual({ status: 200, github: true, signed: true, sessions: ['function', 'function'] });
}, 120_000);

test('its command runs', () => {
  expect(run(join(project, 'node_modules/.bin/latchkey'), ['--help'])).toContain('latchkey connect');
});

test('it holds what runs and its papers, no tests, sources or secrets', () => {
  expect(packed).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'THIRD-PARTY-NOTICES.md']));
  const folders = new Set(packed.flatMap((path) => (path.includes('/') ? [path.split('/')[0]] : [])));
  expect([...folders].sort()).toEqual(['dist', 'prisma', 'views']);
  expect(packed.filter((path) => /\.env$|\.pem$|\.key$|(^|\/)data\//.test(path))).toEqual([]);
});

test('the notices name every package that is installed with it', () => {
  const notices = readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8');
  expect(installed.filter((name) => name !== 'latchkey' && !notices.includes(`* ${name} `))).toEqual([]);
});

test('the papers of a release can be made, and the notices that are kept are the ones made', () => {
  const notices = readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8');
  run('npm', ['run', 'release-papers'], root);
  expect(readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8')).toBe(notices);
  const { bomFormat, components } = JSON.parse(readFileSync(join(root, 'sbom.cdx.json'), 'utf8')) as {
    bomFormat: string;
    components: readonly unknown[];
  };
  expect(bomFormat).toBe('CycloneDX');
  expect(components.length).toBeGreaterThan(100);
}, 120_000);
