/** In development, secrets that nobody set are generated once into the data directory, readable for its owner only. */
import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY_BYTES } from './vault/index.js';

export interface GeneratedSecrets {
  readonly sessionSecret: string;
  readonly vaultKeys: string;
}

/**
 * Reads the generated secrets, creating them first if there are none. Several processes may do this at once: one file wins.
 * @param dataDir created with mode 0700 when missing
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
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  chmodSync(file, 0o600);
  return readIfThere(file) ?? fresh;
}

function readIfThere(file: string): GeneratedSecrets | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
