/** Compiles the TypeScript programs of a document as strictly as the sources, runs them, and plays the person at their terminal. */
import { type ChildProcessWithoutNullStreams, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface DocumentedProgram {
  /** The heading above it. */
  readonly title: string;
  readonly source: string;
}

/** @param document path of a Markdown file, from the project's root */
export function readPrograms(document: string): readonly DocumentedProgram[] {
  const found: DocumentedProgram[] = [];
  let title = '';
  for (const [block, heading] of readFileSync(join(root, document), 'utf8').matchAll(
    /^#+ (.*)$|^```ts\n[\s\S]*?^```$/gm,
  )) {
    if (heading === undefined) found.push({ title, source: block.replace(/^```.*$/gm, '') });
    else title = heading;
  }
  return found;
}

/**
 * Compiles the programs against one engine alone: the rest of the package would only make it slower.
 * @param engine path of what `latchkey` stands for, from the project's root and without its ending
 * @param packages what the compiled engine imports, because it asks for them from outside the project
 * @returns the folder; remove it afterwards
 */
export function compilePrograms(
  programs: readonly DocumentedProgram[],
  engine: string,
  packages: readonly string[] = [],
) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-docs-'));
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
      paths: { latchkey: [join(root, `${engine}.ts`)] },
    },
    include: [join(folder, 'programs')],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The programs do not compile:\n${stdout}`);
  provide(folder, 'latchkey', join(folder, 'out', root, `${engine}.js`));
  for (const name of packages) provide(folder, name, fileURLToPath(import.meta.resolve(name)));
  return folder;
}

export function compiledProgram(folder: string, index: number): string {
  return join(folder, 'out', folder, 'programs', `${index}.js`);
}

/**
 * Whatever https address a program calls, the server of the test answers, and learns which URL was meant.
 * @returns the file to give to `node --import`
 */
export function redirectFetch(folder: string, origin: string): string {
  const file = join(folder, 'preload.js');
  const preload = `const real = fetch;
globalThis.fetch = (url, init = {}) => {
  const target = new URL(url);
  if (target.protocol !== 'https:') return real(url, init);
  const headers = new Headers(init.headers);
  headers.set('x-original-url', target.href);
  return real('${origin}/', { ...init, headers });
};\n`;
  writeFileSync(file, preload);
  return file;
}

export interface Person {
  /** What to type when the program shows this address; undefined for one that is no authorization. */
  consent(url: string): string | undefined;
  /** Visits the site that the program has opened; what it shows is the program's output then. */
  visit(site: string): Promise<string>;
}

/** Opens what is to be opened, agrees, and types what is asked for. @returns what the program wrote, or what its site showed */
export function converse(child: ChildProcessWithoutNullStreams, person: Person): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const seen = new Set<string>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const [url] of output.matchAll(/https?:\/\/\S+(?=\n)/g)) {
        if (seen.has(url)) continue;
        seen.add(url);
        const typed = person.consent(url);
        if (typed !== undefined) child.stdin.write(`${typed}\n`);
        else if (url.startsWith('http://localhost')) {
          person.visit(url).then((page) => {
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

function provide(folder: string, name: string, file: string): void {
  const place = join(folder, 'node_modules', name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{"type":"module","exports":"./index.js"}');
  writeFileSync(join(place, 'index.js'), `export * from ${JSON.stringify(file)};\n`);
}
