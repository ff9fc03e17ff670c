/** Reads the Dockerfile and the YAML and unit files of deploy/ as data, for tests that need no engine. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly network_mode?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export function text(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** @returns the documents of a YAML file */
export function yaml<T>(path: string): readonly T[] {
  const { safeLoadAll } = createRequire(import.meta.url)('js-yaml') as { safeLoadAll(source: string): T[] };
  return safeLoadAll(text(path));
}

export function composeFile(path: string): ComposeFile {
  const [document] = yaml<ComposeFile>(path);
  if (!document) throw new Error(`${path} is empty.`);
  return document;
}

export function service(file: ComposeFile, name: string): Service {
  const found = file.services[name];
  if (!found) throw new Error(`There is no service "${name}".`);
  return found;
}

export interface Instruction {
  readonly name: string;
  readonly words: string;
}

export interface Stage {
  readonly from: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** Stages in order, their instructions with continued lines joined. */
export function dockerfileStages(): readonly Stage[] {
  const lines = text('Dockerfile')
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean);
  const stages: { from: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', words = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const [from = '', , alias] = words.split(' ');
    if (name === 'FROM') stages.push({ from, name: alias, instructions: [] });
    else stages.at(-1)?.instructions.push({ name, words });
  }
  return stages;
}

/** The instructions of a stage, those that it inherits from earlier stages first. */
export function inherited(stages: readonly Stage[], stage: Stage): readonly Instruction[] {
  const base = stages.find(({ name }) => name === stage.from);
  return [...(base ? inherited(stages, base) : []), ...stage.instructions];
}
