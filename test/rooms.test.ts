import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { breaches, importsOf, MAX_LINES, roomOf, type SourceTree } from './support/import-rules.js';

const SRC = join(import.meta.dirname, '../src');

function sources(): SourceTree {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(files.map((name) => [name.split(sep).join('/'), readFileSync(join(SRC, name), 'utf8')]));
}

/** A small house that breaks no rule, plus what a test adds to it. */
function house(additions: Record<string, string> = {}): SourceTree {
  const sound = {
    'main.ts': `import { serve } from './serve.js'; await serve(process.env);`,
    'serve.ts': `import './config.js'; import './sandbox/index.js'; import { router } from './web/index.js';`,
    'config.ts': `import type { Provider } from './providers/index.js';`,
    'index.ts': `export * from './oauth1/index.js';`,
    'web/index.ts': `import express from 'express'; import '../flows/index.js'; import '../oauth2/index.js';`,
    'flows/index.ts': `import '../accounts/index.js'; import type { V } from '../vault/index.js';`,
    'accounts/index.ts': `import { clients } from '../connections/index.js';`,
    'connections/index.ts': `import '../db/index.js'; import '../http/index.js';`,
    'providers/index.ts': `export type { D } from './definitions/definition.js';`,
    'providers/definitions/definition.ts': `export interface D { id: string }`,
    'vault/index.ts': `import { createHash } from 'node:crypto';`,
    'events/index.ts': '',
    'db/index.ts': `import { PrismaClient } from './generated/client.js';`,
    'http/index.ts': `import { Agent } from 'undici'; import '../oauth1/index.js';`,
    'oauth1/index.ts': `// process.env, import '../web/index.js'\nexport const words = "import x from '../web/index.js'; process.env";`,
    'oauth2/index.ts': '',
    'sandbox/index.ts': `import '../providers/index.js'; import '../oauth1/index.js'; import 'express';`,
  };
  return new Map(Object.entries({ ...sound, ...additions }));
}

describe('the sources', () => {
  const tree = sources();

  it('are all there', () => {
    const rooms = new Set([...tree.keys()].map(roomOf));
    for (const room of [
      'top',
      'web',
      'flows',
      'accounts',
      'connections',
      'providers',
      'vault',
      'events',
      'db',
      'http',
    ]) {
      expect(rooms).toContain(room);
    }
    for (const room of ['oauth1', 'oauth2', 'sandbox']) expect(rooms).toContain(room);
    expect(tree.size).toBeGreaterThan(200);
  });

  it('keep to the room table, the limits and the names', () => {
    expect(breaches(tree)).toEqual([]);
  });

  it('name no provider in the protocols', () => {
    const named = [...tree]
      .filter(([path]) => /^(oauth1|oauth2|http|vault)\//.test(path))
      .filter(([, text]) =>
        /['"`](twitter|fitbit|fitbit-oauth1|google|google-health|github|tumblr|x)['"`]/i.test(text),
      );
    expect(named.map(([path]) => path)).toEqual([]);
  });
});

describe('the walker', () => {
  it('finds nothing in a sound house', () => {
    expect(breaches(house())).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['a static import', 'oauth1/a.ts', `import { app } from '../web/index.js';`],
    ['an import for its effects', 'oauth1/a.ts', `import '../web/index.js';`],
    ['a type-only import', 'oauth1/a.ts', `import type { App } from '../web/index.js';`],
    ['an inline type import', 'oauth1/a.ts', `import { type App } from '../web/index.js';`],
    ['a namespace import', 'oauth1/a.ts', `import * as web from "../web/index.js";`],
    ['a re-export', 'oauth1/a.ts', `export { app } from '../web/index.js';`],
    ['a re-export of all', 'oauth1/a.ts', `export * from '../web/index.js';`],
    ['a re-exported type', 'oauth1/a.ts', `export type { App } from '../web/index.js';`],
    ['a dynamic import', 'oauth1/a.ts', `export const load = async () => await import('../web/index.js');`],
    ['an import type expression', 'oauth1/a.ts', `export type App = import('../web/index.js').App;`],
    ['an import over several lines', 'oauth1/a.ts', `import {\n  app,\n}\nfrom\n'../web/index.js';`],
    [
      'an import hidden among comments',
      'oauth1/a.ts',
      `import /* '../oauth1/index.js' */ { a } from '../web/index.js';`,
    ],
    ['a deeper file', 'oauth1/deep/a.ts', `import type { App } from '../../web/index.js';`],
  ])('sees %s that leads upward', (_what, path, text) => {
    expect(breaches(house({ [path]: text }))).toContainEqual(expect.stringMatching(/an upward arrow, oauth1 to web$/));
  });

  it.each([
    ['flows', 'web', 'upward'],
    ['accounts', 'flows', 'upward'],
    ['connections', 'accounts', 'upward'],
    ['providers', 'connections', 'upward'],
    ['vault', 'web', 'upward'],
    ['oauth2', 'http', 'upward'],
    ['oauth1', 'db', 'upward'],
    ['providers', 'vault', 'sideways'],
    ['vault', 'db', 'sideways'],
    ['db', 'events', 'sideways'],
    ['events', 'db', 'sideways'],
    ['http', 'providers', 'sideways'],
    ['oauth1', 'oauth2', 'sideways'],
    ['oauth2', 'oauth1', 'sideways'],
  ])('an arrow from %s to %s is refused as %s', (from, to, direction) => {
    const found = breaches(house({ [`${from}/a.ts`]: `import type { A } from '../${to}/index.js';` }));
    expect(found[0]).toBe(
      `${from}/a.ts imports ../${to}/index.js: a${direction === 'upward' ? 'n' : ''} ${direction} arrow, ${from} to ${to}`,
    );
  });

  it.each(['vault', 'db', 'events', 'connections', 'accounts', 'flows', 'web'])(
    'the sandbox may not import %s',
    (room) => {
      const found = breaches(house({ 'sandbox/a.ts': `import '../${room}/index.js';` }));
      expect(found[0]).toContain('the sandbox may import providers, http, oauth1, oauth2 only');
    },
  );

  it.each(['web/a.ts', 'flows/a.ts', 'providers/a.ts', 'oauth1/a.ts'])('%s may not import the sandbox', (path) => {
    expect(breaches(house({ [path]: `import '../sandbox/index.js';` }))[0]).toContain('import the sandbox');
  });

  it('the library does not carry the sandbox along', () => {
    expect(breaches(house({ 'index.ts': `export * from './sandbox/index.js';` }))[0]).toContain('import the sandbox');
  });

  it('rooms do not reach for the top', () => {
    expect(breaches(house({ 'web/a.ts': `import { readConfig } from '../config.js';` }))).toEqual([
      expect.stringContaining('rooms take what they need from above as arguments'),
      expect.stringMatching(/in a circle: (web -> top -> web|top -> web -> top)$/),
    ]);
  });

  it('names a circle of rooms', () => {
    const circle = { 'providers/a.ts': `import '../http/index.js';`, 'http/a.ts': `import '../providers/index.js';` };
    expect(breaches(house(circle)).filter((breach) => breach.includes('circle'))).toHaveLength(1);
  });

  it.each<[string, string, RegExp]>([
    ['a room that the table does not know', 'models/user.ts', /stands in no room/],
    ['a file at the top that the table does not know', 'setup.ts', /stands in no room/],
    ['utils.ts', 'web/utils.ts', /vague name: utils/],
    ['a vague word in a longer name', 'web/token-helper.ts', /vague name: helper/],
    ['a manager', 'flows/flow-manager.ts', /vague name: manager/],
  ])('refuses %s', (_what, path, reason) => {
    expect(breaches(house({ [path]: '' }))).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    'export const home = process.env.HOME;',
    `export const home = process['env'].HOME;`,
    'export const { env } = process;',
    'export const { env: surroundings } = process;',
    'export const home = globalThis.process.env.HOME;',
    `import { env } from 'node:process'; export const home = env.HOME;`,
    `import p from 'process'; export const home = p.env.HOME;`,
  ])('sees the environment read: %s', (text) => {
    expect(breaches(house({ 'web/a.ts': text }))).toEqual(['web/a.ts reads the environment']);
    expect(breaches(house({ 'cli/main.ts': text }))).toEqual([]);
  });

  it('lets process be used for other things', () => {
    expect(
      breaches(house({ 'db/a.ts': `export const pid = process.pid; export const { version } = process;` })),
    ).toEqual([]);
  });

  it.each([
    ['flows', 'express'],
    ['oauth1', 'express'],
    ['oauth2', '@prisma/client'],
    ['accounts', 'pg'],
    ['providers', 'undici'],
    ['connections', 'passport'],
  ])('%s does without %s', (room, name) => {
    expect(breaches(house({ [`${room}/a.ts`]: `import type { A } from '${name}';` }))[0]).toContain(
      'this package belongs to',
    );
  });

  it.each<[string, RegExp]>([
    [`import './index';`, /end in \.js/],
    [`import './missing.js';`, /no such file/],
    [`import '../../test/support/app.js';`, /out of src/],
    [`const name = '../web/index.js'; export const load = () => import(name);`, /hides where it leads/],
  ])('refuses %s', (text, reason) => {
    expect(breaches(house({ 'vault/a.ts': text }))).toEqual([expect.stringMatching(reason)]);
  });

  it('nothing imports an entrance', () => {
    expect(breaches(house({ 'serve.ts': `import './main.js';` }))).toEqual([
      expect.stringContaining('nothing imports it'),
    ]);
  });

  it('counts lines', () => {
    expect(breaches(house({ 'web/a.ts': '\n'.repeat(MAX_LINES) }))).toEqual([]);
    expect(breaches(house({ 'web/a.ts': '\n'.repeat(MAX_LINES + 1) }))).toEqual([
      `web/a.ts is longer than ${MAX_LINES} lines`,
    ]);
  });

  it('leaves what Prisma wrote alone, but not who imports it', () => {
    const generated = {
      'db/generated/client.ts': '\n'.repeat(5000),
      'vault/a.ts': `import '../db/generated/client.js';`,
    };
    expect(breaches(house(generated))).toEqual([expect.stringContaining('a sideways arrow, vault to db')]);
  });

  it('lists what a source mentions, in order', () => {
    expect(
      importsOf('a.ts', `import a from './a.js'; export * from './b.js'; type C = import('./c.js').C; require('d');`),
    ).toEqual(['./a.js', './b.js', './c.js', 'd']);
  });
});
