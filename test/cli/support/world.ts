/** What most suites of the command line need: a database, a sandbox with two more providers, and somebody who types. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { builtInDefinitions, defineProvider } from '../../../src/providers/index.js';
import { createSandbox } from '../../../src/sandbox/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type SandboxControl, sandboxControl } from '../../support/sandbox-control.js';
import { type Typed, type TypingOptions, type as typeLine } from './typed.js';

/** A provider that is about nothing but its protocol. */
const shelf = {
  id: 'shelf',
  name: 'Shelf',
  protocol: 'oauth2',
  authorize: { url: 'https://shelf.example/authorize' },
  token: { url: 'https://shelf.example/token', clientAuth: 'post' },
  scopes: { signIn: ['who'], connect: ['who', 'books'] },
  pkce: 'supported',
  profile: { url: 'https://shelf.example/me', subject: 'id', name: 'name' },
  api: { baseUrls: ['https://shelf.example'] },
};
/** One that knows device codes besides. */
const lamp = {
  ...JSON.parse(JSON.stringify(shelf).replaceAll('shelf.example', 'lamp.example')),
  id: 'lamp',
  name: 'Lamp',
  deviceAuthorization: { url: 'https://lamp.example/device' },
};

const TEST_VAULT_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`;

export interface World {
  readonly db: TestDatabase;
  readonly dataDir: string;
  readonly sandboxUrl: string;
  readonly control: SandboxControl;
  type(args: readonly string[], more?: TypingOptions): Typed;
  /** Types it and waits for its end. */
  typed(args: readonly string[], more?: TypingOptions): Promise<{ code: number; out: string; words: string }>;
  /** Connects an account without a page. @returns what the command printed */
  connect(
    provider: string,
    ...more: readonly string[]
  ): Promise<{ id: string; user: string; label: string; subject: string }>;
  /** Everything as it was at first. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const db = await testDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-cli-'));
  const providersDir = join(dataDir, 'providers');
  mkdirSync(providersDir);
  const own = [shelf, lamp].map(defineProvider);
  for (const definition of own) writeFileSync(join(providersDir, `${definition.id}.json`), JSON.stringify(definition));
  const definitions = [...builtInDefinitions, ...own];
  const sandbox = await createSandbox({ definitions, dataDir: join(dataDir, 'sandbox') });
  const { origin: sandboxUrl } = await sandbox.listen(0, '127.0.0.1');
  const control = sandboxControl(sandboxUrl);
  const settings = {
    DATA_DIR: dataDir,
    PROVIDERS_DIR: providersDir,
    VAULT_KEYS: TEST_VAULT_KEYS,
    SANDBOX_URL: sandboxUrl,
  };
  const type = (args: readonly string[], more: TypingOptions = {}) =>
    typeLine(args, { database: db.database, ...more, environment: { ...settings, ...more.environment } });
  const ending = async (command: Typed) => ({ code: await command.ended, out: command.out(), words: command.words() });
  return {
    db,
    dataDir,
    sandboxUrl,
    control,
    type,
    typed: (args, more) => ending(type(args, more)),
    async connect(provider, ...more) {
      await control.behaviour({ autoApprove: true });
      const command = type(['connect', provider, '--json', ...more]);
      await fetch(await addressIn(command));
      const { code, out, words } = await ending(command);
      await control.behaviour({ autoApprove: null });
      if (code !== 0) throw new Error(`Nothing was connected:\n${words}`);
      return JSON.parse(out);
    },
    async reset() {
      await db.reset();
      await control.reset();
      await control.behaviour({ autoApprove: null, accessTokenTtl: null });
    },
    async close() {
      await sandbox.close();
      await db.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Where a command asks its person to go. */
export async function addressIn(command: Typed): Promise<string> {
  const [, url = ''] = await command.says(/(http:\/\/\S+)/);
  return stripVTControlCharacters(url);
}
