/** What is installed is what was looked at: a lock file with the hash of everything, nothing known to be dead, no scripts at install time (sec-Q1, Q2). */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
}

const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };
const locked = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, one]) => ({ ...one, name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length) }));
const atRuntime = locked.filter(({ dev, optional, devOptional }) => !(dev || optional || devOptional));

/** Given up, or broken below a version. */
const dead: Readonly<Record<string, string | undefined>> = {
  ...{ request: undefined, 'request-promise': undefined, 'node-fetch': '2.6.7', axios: '1.8.2', passport: '0.6.0' },
  ...{ express: '5.0.0', jsonwebtoken: '9.0.0', 'simple-oauth2': undefined, 'body-parser': '1.20.3', cookie: '0.7.0' },
  ...{ 'path-to-regexp': '8.0.0', qs: '6.9.7', undici: '6.21.1', send: '0.19.0', pg: '8.0.0' },
};

const newerThan = (version: string, least: string) => version.localeCompare(least, 'en', { numeric: true }) >= 0;

test('sec-Q1: everything is locked with its hash, and comes from a registry', () => {
  expect(atRuntime.length).toBeGreaterThan(50);
  for (const { name, integrity, resolved = 'https://' } of locked) {
    expect([name, integrity]).toEqual([name, expect.stringMatching(/^sha512-/)]);
    expect([name, resolved]).toEqual([name, expect.stringMatching(/^https:\/\//)]);
  }
});

test('sec-Q1: nothing that runs here runs anything when it is installed', () => {
  expect(atRuntime.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name)).toEqual([]);
  for (const line of read('Dockerfile').match(/^RUN npm ci.*$/gm) ?? []) expect(line).toContain('--ignore-scripts');
});

test('sec-Q1: nothing that is dead or known to be broken', () => {
  const found = atRuntime.filter(({ name, version }) => {
    const least = dead[name];
    return Object.hasOwn(dead, name) && (least === undefined || !newerThan(version, least));
  });
  expect(found.map(({ name, version }) => `${name} ${version}`)).toEqual([]);
});

test('sec-Q1: the list of parts names every direct one with its version', () => {
  const notices = read('THIRD-PARTY-NOTICES.md');
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const missing = Object.entries(dependencies).filter(([name, version]) => !notices.includes(`* ${name} ${version} (`));
  expect(missing).toEqual([]);
});

test('sec-Q2: cryptography comes from Node and from jose; secrets are compared in constant time', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('db/generated'))
    .map((path) => [path, read(join('src', path))] as const);
  for (const [path, source] of sources) {
    const imports = [...source.matchAll(/from '([^'.][^']*)'/g)].map(([, name]) => name ?? '');
    const foreign = imports.filter((name) => /crypt|aes|jwt|hmac|sha\d|bcrypt|forge|sodium/i.test(name));
    expect([path, foreign.filter((name) => name !== 'node:crypto')]).toEqual([path, []]);
    // A digest or signature that is compared by the language stops at the first difference.
    expect([path, /\.digest\([^)]*\)\s*[!=]==?|[!=]==?\s*\w+\.digest\(/.test(source)]).toEqual([path, false]);
    expect([path, /Math\.random\(\)\.toString|createCipher\(|createHash\('md5'\)/.test(source)]).toEqual([path, false]);
  }
});
