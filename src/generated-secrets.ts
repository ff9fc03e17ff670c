/** In development, secrets that nobody set are generated once into the data directory, readable for its owner only. */
import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY_BYTES } from './vault/index.js';

export interface GeneratedSecrets {
  readonly sessionSecret: string;
  readonly vaultKeys: string;
}

/** The file is there but cannot be used. It is not replaced: new keys would make every token sealed so far unreadable. */
export class GeneratedSecretsDamaged extends Error {
  readonly code = 'generated_secrets_damaged';

  constructor(file: string) {
    super(`${file} is damaged. Put it back from a copy, or delete it together with the data it protects.`);
    this.name = 'GeneratedSecretsDamaged';
  }
}

/**
 * Reads the generated secrets, creating them first if there are none. Several processes may do this at once: one file wins.
 * @param dataDir created with mode 0700 when missing
 * @throws GeneratedSecretsDamaged, and file system errors
 */
export function generatedSecrets(dataDir: string): GeneratedSecrets {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'secrets.json');
  const existing = readIfThere(file);
  if (existing) return existing;
  const draft = join(dataDir, `.secrets-${process.pid}-${randomBytes(4).toString('hex')}`);
  const fresh: GeneratedSecrets = {
    sessionSecret: randomBytes(48).toString('base64url'),
    vaultKeys: `dev:${randomBytes(KEY_BYTES).toString('base64')}`,
  };
  writeFileSync(draft, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600 });
  try {
    // Linking fails when the name exists, so whoever comes second reads what the first one wrote.
    linkSync(draft, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  chmodSync(file, 0o600);
  return readIfThere(file) ?? fresh;
}

function readIfThere(file: string): GeneratedSecrets | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const secrets = parse(text);
  if (!secrets) throw new GeneratedSecretsDamaged(file);
  return secrets;
}

/** The parser's own error would quote the text, so it goes no further. */
function parse(text: string): GeneratedSecrets | undefined {
  try {
    const { sessionSecret, vaultKeys } = JSON.parse(text);
    return typeof sessionSecret === 'string' && typeof vaultKeys === 'string'
      ? { sessionSecret, vaultKeys }
      : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
