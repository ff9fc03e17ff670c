/** What the Dockerfile promises, read without an engine; scripts/containers.sh builds and runs it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dockerfileStages, inherited, ROOT, text } from './deployment-files.js';

const stages = dockerfileStages();
const last = stages.at(-1);
if (!last) throw new Error('The Dockerfile has no stage.');
const words = (name: string) =>
  last.instructions.filter((instruction) => instruction.name === name).map((instruction) => instruction.words);

test('all stages are Node 24 on one base, and the compiler stays in an earlier one', () => {
  expect(stages.length).toBeGreaterThan(1);
  const external = stages.map(({ from }) => from).filter((from) => !stages.some(({ name }) => name === from));
  expect(external).toEqual(['node:24-bookworm-slim']);
  expect(words('RUN').join('\n')).not.toMatch(/npm run|tsc|prisma generate/);
});

test('the last stage installs what runs and nothing else, without scripts', () => {
  expect(words('RUN')[0]).toMatch(/^npm ci --omit=dev --ignore-scripts --omit=optional &&/);
  // A later layer could hide files but not take them out of the image.
  expect(words('RUN')).toHaveLength(1);
});

test('the app is not root, and only its data directory is its own', () => {
  expect(words('USER')).toEqual(['node']);
  expect(last.instructions.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
    last.instructions.findLastIndex(({ name }) => name === 'RUN' || name === 'COPY'),
  );
  expect(text('Dockerfile')).not.toMatch(/--chown|chmod/);
  expect(words('RUN')[0]).toContain('install -d -o node -g node -m 0700 /data');
  expect(words('VOLUME')).toEqual(['/data']);
});

test('no secret is built in', () => {
  const all = stages.flatMap(({ instructions }) => instructions);
  for (const { name, words: value } of all.filter((instruction) => /^(ENV|ARG)$/.test(instruction.name))) {
    expect(`${name} ${value}`).not.toMatch(/SECRET|KEY|PASSWORD|TOKEN|DATABASE_URL/);
  }
});

test('what is copied exists, and reaches the builder', () => {
  const patterns = text('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  expect(patterns[0]).toBe('*');
  const admitted = patterns.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const used = new Set<string>();
  for (const stage of stages) {
    for (const { words: value } of stage.instructions.filter(({ name }) => name === 'COPY')) {
      if (value.startsWith('--from=')) {
        const from = /^--from=(\S+)/.exec(value)?.[1];
        expect(stages.slice(0, stages.indexOf(stage)).map(({ name }) => name)).toContain(from);
        continue;
      }
      for (const source of value.split(' ').slice(0, -1)) {
        expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
        const rule = admitted.find((path) => source === path || source.startsWith(`${path}/`));
        expect([source, rule]).toEqual([source, expect.any(String)]);
        if (rule) used.add(rule);
      }
    }
  }
  expect([...used].sort()).toEqual(admitted.sort());
});

test('what runs and what is asked for its health lies in the image', () => {
  const copied = inherited(stages, last)
    .filter(({ name }) => name === 'COPY')
    .map(({ words: value }) => value.split(' ').at(-1)?.replace('./', ''));
  for (const path of ['dist', 'views', 'prisma/migrations', 'deploy/healthcheck.mjs']) expect(copied).toContain(path);
  expect(words('CMD')).toEqual(['["node", "dist/main.js"]']);
  expect(words('HEALTHCHECK')[0]).toMatch(/CMD \["node", "deploy\/healthcheck\.mjs", "\/healthz"\]$/);
});
