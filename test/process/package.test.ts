/** What other programs import: the package's own entries, as built, by their names. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

test.each([
  [
    'latchkey',
    ['createLatchkey', 'openDatabase', 'migrate', 'nonceStore', 'signRequest', 'OAuth2Session', 'defineProvider'],
  ],
  [
    'latchkey/oauth1',
    ['signRequest', 'createSigner', 'verifyRequest', 'explainSignature', 'OAuth1Session', 'MemoryNonceStore'],
  ],
  [
    'latchkey/oauth2',
    ['OAuth2Session', 'clientCredentials', 'jwtBearer', 'tokenExchange', 'discover', 'classifyTokenError'],
  ],
])('%s gives what it promises', (entry, names) => {
  const program = `import(${JSON.stringify(entry)}).then((m) => console.log(JSON.stringify(Object.keys(m))))`;
  const exported = JSON.parse(execFileSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' }));
  expect(exported).toEqual(expect.arrayContaining(names));
});

test('every entry has its types', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const types = Object.values<{ types?: string } | string>(exports).flatMap((entry) =>
    typeof entry === 'object' && entry.types ? [entry.types] : [],
  );
  expect(types).toHaveLength(3);
  expect(types.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
