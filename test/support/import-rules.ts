/**
 * Reads a tree of TypeScript sources and tells where it breaks the room table of the design: which room may import which, static
 * imports and `import type` alike. Works on the syntax tree, so neither comments nor odd formatting can hide an arrow.
 */
import { posix } from 'node:path';
import { parseSync } from '@swc/core';

/** Paths below src/, with forward slashes, and their texts. */
export type SourceTree = ReadonlyMap<string, string>;

/** From the top of the house to its foundation; rooms on one line do not know each other. */
const LINES: readonly (readonly string[])[] = [
  ['web'],
  ['flows'],
  ['accounts', 'readers'],
  ['connections'],
  ['providers', 'vault', 'events', 'db', 'http'],
  ['oauth1', 'oauth2'],
];
/** Above all rooms. */
const TOP_FILES = [
  'main.ts',
  'index.ts',
  'serve.ts',
  'closers.ts',
  'environment.ts',
  'data-directory.ts',
  'config.ts',
  'installation.ts',
  'provider-settings.ts',
  'generated-secrets.ts',
  'configured-providers.ts',
];
/** Starting points: nothing imports them. */
const ENTRANCES = ['main.ts', 'index.ts', 'cli/main.ts'];
const SANDBOX_MAY_IMPORT = ['providers', 'http', 'oauth1', 'oauth2'];
const SANDBOX_IMPORTERS = ['main.ts', 'serve.ts', 'cli'];
/** Packages that belong to some rooms only; every other room has to do without. */
const PACKAGES: readonly { readonly pattern: RegExp; readonly rooms: readonly string[] }[] = [
  { pattern: /^(passport.*|helmet|eta|cookie|express-rate-limit)$/, rooms: ['web'] },
  { pattern: /^express$/, rooms: ['web', 'sandbox', 'top'] },
  { pattern: /^express-session$/, rooms: ['web', 'db'] },
  { pattern: /^(@prisma\/.*|prisma|pg|pglite.*|@electric-sql\/.*)$/, rooms: ['db'] },
  { pattern: /^undici$/, rooms: ['http'] },
  { pattern: /^d3-/, rooms: ['web'] },
  { pattern: /^(jose|oauth4webapi)$/, rooms: ['oauth2', 'sandbox'] },
];
const ENVIRONMENT_READERS = /^(main|serve|config)\.ts$|^cli\//;
const VAGUE = /^(utils?|helpers?|managers?|common|misc|shared|stuff|tools?|lib|things?|various)$/;
/** Written by Prisma; counts as part of db, but nobody has to read it. */
const GENERATED = /^db\/generated\//;

export const MAX_LINES = 280;

/** Every breach, one sentence each; empty when all is well. */
export function breaches(tree: SourceTree): readonly string[] {
  const found: string[] = [];
  const arrows = new Map<string, Set<string>>();
  for (const [path, text] of tree) {
    if (GENERATED.test(path)) continue;
    const { specifiers, readsEnvironment } = inspect(path, text);
    const room = roomOf(path);
    if (room === undefined) found.push(`${path} stands in no room of the table`);
    if (text.split('\n').length - 1 > MAX_LINES) found.push(`${path} is longer than ${MAX_LINES} lines`);
    const vague = posix
      .basename(path)
      .split('.')[0]
      ?.split('-')
      .find((word) => VAGUE.test(word));
    if (vague) found.push(`${path} has a vague name: ${vague}`);
    if (readsEnvironment && !ENVIRONMENT_READERS.test(path)) found.push(`${path} reads the environment`);
    for (const specifier of specifiers) {
      const complaint = judge(tree, path, specifier, arrows);
      if (complaint) found.push(`${path} imports ${specifier}: ${complaint}`);
    }
  }
  for (const cycle of cycles(arrows)) found.push(`rooms import each other in a circle: ${cycle.join(' -> ')}`);
  return found;
}

/** Which room a file belongs to, `top` for those above all rooms, or undefined when the table does not know it. */
export function roomOf(path: string): string | undefined {
  const [first = '', ...rest] = path.split('/');
  if (rest.length === 0) return TOP_FILES.includes(first) ? 'top' : undefined;
  if (first === 'cli') return 'top';
  return first === 'sandbox' || lineOf(first) >= 0 ? first : undefined;
}

/** All module names that a source mentions: imports, re-exports, `import()` as an expression and as a type. */
export function importsOf(path: string, text: string): readonly string[] {
  return inspect(path, text).specifiers;
}

function judge(
  tree: SourceTree,
  path: string,
  specifier: string,
  arrows: Map<string, Set<string>>,
): string | undefined {
  const from = roomOf(path);
  if (specifier === NOT_LITERAL) return 'a module name that is worked out hides where it leads';
  if (!specifier.startsWith('.')) return judgePackage(from, specifier);
  if (!specifier.endsWith('.js')) return 'relative imports end in .js';
  const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
  if (target.startsWith('../')) return 'leads out of src/';
  if (!tree.has(target) && !GENERATED.test(target)) return 'there is no such file';
  const to = roomOf(target);
  if (from === undefined || to === undefined) return 'one end stands in no room of the table';
  if (ENTRANCES.includes(target)) return `${target} is where things start; nothing imports it`;
  if (from === to) return undefined;
  arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
  if (to === 'top') return 'rooms take what they need from above as arguments';
  if (to === 'sandbox') {
    const allowed = SANDBOX_IMPORTERS.includes(path.split('/')[0] ?? '');
    return allowed ? undefined : `only ${SANDBOX_IMPORTERS.join(', ')} import the sandbox`;
  }
  if (from === 'top') return undefined;
  if (from === 'sandbox') {
    return SANDBOX_MAY_IMPORT.includes(to) ? undefined : `the sandbox may import ${SANDBOX_MAY_IMPORT.join(', ')} only`;
  }
  const [own, other] = [lineOf(from), lineOf(to)];
  if (other < own) return `an upward arrow, ${from} to ${to}`;
  return other === own ? `a sideways arrow, ${from} to ${to}` : undefined;
}

function judgePackage(room: string | undefined, specifier: string): string | undefined {
  const owner = PACKAGES.find(({ pattern }) => pattern.test(specifier));
  if (!owner || (room !== undefined && owner.rooms.includes(room))) return undefined;
  return `this package belongs to ${owner.rooms.join(', ')}`;
}

function lineOf(room: string): number {
  return LINES.findIndex((line) => line.includes(room));
}

/** Each circle once, by depth-first search over the rooms. */
function cycles(arrows: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const finished = new Set<string>();
  const visit = (room: string, trail: readonly string[]): void => {
    const start = trail.indexOf(room);
    if (start >= 0) {
      found.push([...trail.slice(start), room]);
      return;
    }
    if (finished.has(room)) return;
    for (const next of arrows.get(room) ?? []) visit(next, [...trail, room]);
    finished.add(room);
  };
  for (const room of arrows.keys()) visit(room, []);
  return found;
}

const NOT_LITERAL = '(not a literal)';

interface Inspection {
  readonly specifiers: readonly string[];
  readonly readsEnvironment: boolean;
}

/** The parts of swc's syntax tree that are looked at. */
interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly [property: string]: unknown;
}

function inspect(path: string, text: string): Inspection {
  const specifiers: string[] = [];
  let readsEnvironment = false;
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) walk(item);
    if (Array.isArray(value) || typeof value !== 'object' || value === null) return;
    const node = value as Node;
    const source = moduleNamedBy(node);
    if (source !== undefined) specifiers.push(source);
    if (isEnvironment(node)) readsEnvironment = true;
    for (const child of Object.values(node)) walk(child);
  };
  walk(parseSync(text, { syntax: 'typescript', target: 'es2022', dts: path.endsWith('.d.ts') } as never));
  return { specifiers, readsEnvironment };
}

function moduleNamedBy(node: Node): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
      return literal(node.source);
    case 'ExportNamedDeclaration':
      return node.source ? literal(node.source) : undefined;
    case 'TsImportType':
      return literal(node.argument);
    case 'TsExternalModuleReference':
      return literal(node.expression);
    case 'CallExpression': {
      const name = (node.callee as Node).value;
      if ((node.callee as Node).type !== 'Import' && name !== 'require') return undefined;
      return literal((node.arguments as readonly { expression: unknown }[])[0]?.expression);
    }
    default:
      return undefined;
  }
}

function literal(value: unknown): string {
  const node = value as Node | undefined;
  return node?.type === 'StringLiteral' ? String(node.value) : NOT_LITERAL;
}

/** `process.env`, `process['env']`, `const { env } = process`, and anything taken from the module node:process. */
function isEnvironment(node: Node): boolean {
  if (node.type === 'ImportDeclaration') return /^(node:)?process$/.test(literal(node.source));
  if (node.type === 'MemberExpression') return isProcess(node.object) && propertyName(node.property) === 'env';
  if (node.type === 'VariableDeclarator' && isProcess(node.init)) {
    const { properties } = node.id as { properties?: readonly Node[] };
    return (properties ?? []).some(
      (property) => property.type === 'RestElement' || propertyName(property.key) === 'env',
    );
  }
  return false;
}

function isProcess(value: unknown): boolean {
  const node = value as Node | null;
  if (node?.type === 'Identifier') return node.value === 'process';
  return node?.type === 'MemberExpression' && propertyName(node.property) === 'process';
}

function propertyName(value: unknown): unknown {
  const node = value as Node;
  return node?.type === 'Computed' ? (node.expression as Node).value : node?.value;
}
