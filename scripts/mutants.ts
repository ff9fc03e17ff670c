/**
 * `npm run test:mutants`: how much the tests of the rooms that keep tokens safe would notice. Each mutant is one small mistake in one line (a turned
 * comparison, a condition that always or never holds, a call left out) in a copy of the project; the tests of that file have to fail.
 * Prints every mutant that lived, and the share that did not; ends with 1 when the tests fail without any.
 *
 *   npm run test:mutants                               6 mutants of each file, chosen by seed 1
 *   npm run test:mutants -- --each 1000                all of them; takes hours
 *   npm run test:mutants -- --only vault --seed 2      of the files whose path holds this word
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chance } from '../test/crash/random.js';

const { values } = parseArgs({
  options: {
    each: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});

const root = resolve(import.meta.dirname, '..');
/** A mutant that ends nowhere is noticed, too. */
const PATIENCE_MS = 180_000;
const callbacks = ['test/web/unhappy.test.ts', 'test/web/callbacks.test.ts'];
const refreshing = ['test/connections/refresh.test.ts', 'test/connections/refresh-reliability.test.ts'];

/** Files, and the tests that know them best. */
const targets: readonly (readonly [file: string, tests: readonly string[]])[] = [
  ['src/vault/vault.ts', ['test/vault']],
  ['src/vault/key-ring.ts', ['test/vault']],
  ['src/vault/key-check.ts', ['test/vault']],
  ['src/flows/linking.ts', ['test/flows']],
  ['src/flows/pending-flow.ts', ['test/flows']],
  ['src/flows/return-to.ts', ['test/flows']],
  ['src/flows/asked-scopes.ts', ['test/flows', 'test/web/starts.test.ts']],
  ['src/flows/accept.ts', ['test/web/starts.test.ts', ...callbacks]],
  ['src/flows/begin.ts', ['test/web/starts.test.ts', ...callbacks]],
  ['src/flows/conclude.ts', ['test/web/linking-races.test.ts', ...callbacks, 'test/web/linking-table.test.ts']],
  ['src/flows/provider-trouble.ts', ['test/flows/provider-trouble.test.ts']],
  [
    'src/flows/welcome.ts',
    ['test/web/welcome.test.ts', 'test/web/linking-races.test.ts', 'test/web/linking-table.test.ts'],
  ],
  ['src/flows/instance.ts', ['test/flows/instance.test.ts']],
  ['src/flows/callback-extras.ts', ['test/flows/callback-extras.test.ts']],
  ['src/flows/persistently.ts', ['test/flows/persistently.test.ts']],
  ['src/flows/keep-locally.ts', ['test/flows/keep-locally.test.ts']],
  ['src/flows/device.ts', ['test/flows/device.test.ts']],
  ['src/connections/due.ts', ['test/connections/due.test.ts']],
  ['src/connections/refresh-attempt.ts', refreshing],
  ['src/connections/claimed-refresh.ts', refreshing],
  ['src/connections/refresh-outcome.ts', refreshing],
  ['src/connections/refresher.ts', refreshing],
];

interface Mutant {
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** A pattern of one line, and the mistake that somebody could have made there. */
const mistakes: readonly (readonly [pattern: RegExp, mistake: string])[] = [
  [/===/, '!=='],
  [/!==/, '==='],
  [/ < /, ' >= '],
  [/ > /, ' <= '],
  [/ >= /, ' < '],
  [/ <= /, ' > '],
  [/ && /, ' || '],
  [/ \|\| /, ' && '],
  [/ \?\? .*?(?=[,;)])/, ''],
  [/\bif \((.+)\) (?=\S)/, 'if (!($1)) '],
  [/\bif \((.+)\) (?=\S)/, 'if (false) '],
  [/\bif \((.+)\) (?=throw|return)/, 'if (true) '],
  [/(?<![\w:] )\btrue\b/, 'false'],
  [/(?<![\w:] )\bfalse\b/, 'true'],
  [/ \+ (?=\w)/, ' - '],
  [/^(\s*)(?:await )?[\w.#]+\([^;]*\);$/, '$1;'],
  [/^(\s*)throw .*;$/, '$1;'],
  [/: '(\w+)'(?=[ ,])/, ": '$1_'"],
];

function mutantsOf(source: string): Mutant[] {
  let comment = false;
  let type = false;
  return source.split('\n').flatMap((text, index) => {
    if (/^\s*\/\*/.test(text)) comment = true;
    if (/^(export )?(interface|type) /.test(text)) type = true;
    const skipped =
      comment || type || /^\s*(\/\/|import\b|export (type )?\{|\})/.test(text) || /\breadonly\b/.test(text);
    if (text.includes('*/')) comment = false;
    if (type && (/^}/.test(text) || text.endsWith(';')) && !/^\s/.test(text)) type = false;
    if (skipped) return [];
    const found = mistakes.map(([pattern, mistake]) => text.replace(pattern, mistake));
    return [...new Set(found)]
      .filter((after) => after !== text)
      .map((after) => ({ line: index + 1, before: text, after }));
  });
}

/** Of different lines as long as there are any, and always the same ones for the same seed. */
function chosen(mutants: readonly Mutant[], count: number): Mutant[] {
  const { next } = chance(Number(values.seed));
  const mixed = mutants.map((mutant) => ({ mutant, key: next() })).sort((a, b) => a.key - b.key);
  const lines = new Map<number, number>();
  const ranked = mixed.map(({ mutant }) => {
    const rank = lines.get(mutant.line) ?? 0;
    lines.set(mutant.line, rank + 1);
    return { mutant, rank };
  });
  const byRank = ranked.sort((a, b) => a.rank - b.rank);
  return byRank.slice(0, count).map(({ mutant }) => mutant);
}

function testsPass(project: string, tests: readonly string[]): boolean {
  const flags = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
  const { TEST_DATABASE_URL: _server, ...environment } = process.env;
  const jest = join(project, 'node_modules/jest/bin/jest.js');
  const { status } = spawnSync(process.execPath, [jest, '--bail', '--runInBand', '--silent', ...tests], {
    cwd: project,
    stdio: 'ignore',
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
    env: { ...environment, NODE_OPTIONS: flags.trim() },
  });
  return status === 0;
}

const project = mkdtempSync(join(tmpdir(), 'latchkey-mutants-'));
let killed = 0;
let failed = false;
const lived: string[] = [];
/** Whether tests pass without any mistake; several files share theirs. */
const sound = new Map<string, boolean>();
try {
  for (const part of ['src', 'test', 'views', 'prisma', 'docs', 'jest.config.js', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, part), join(project, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  for (const [file, tests] of targets.filter(([path]) => path.includes(values.only))) {
    const name = tests.join();
    // Twice, because on a busy machine a test may run out of its time.
    sound.set(name, sound.get(name) ?? (testsPass(project, tests) || testsPass(project, tests)));
    if (!sound.get(name)) {
      console.error(`Without any mistake in ${file}, ${tests.join(' and ')} fail.`);
      failed = true;
      continue;
    }
    const source = readFileSync(join(project, file), 'utf8');
    const lines = source.split('\n');
    for (const { line, before, after } of chosen(mutantsOf(source), Number(values.each))) {
      writeFileSync(join(project, file), lines.with(line - 1, after).join('\n'));
      const survived = testsPass(project, tests);
      if (survived) lived.push(`${file}:${line}\n  - ${before.trim()}\n  + ${after.trim()}`);
      else killed++;
      console.error(`${survived ? 'LIVED ' : 'killed'} ${file}:${line}  ${after.trim()}`);
    }
    writeFileSync(join(project, file), source);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}
for (const one of lived) console.log(one);
const all = killed + lived.length;
console.log(
  `${killed} of ${all} mutants were noticed (${Math.round((100 * killed) / Math.max(1, all))} %), seed ${values.seed}`,
);
process.exit(failed ? 1 : 0);
