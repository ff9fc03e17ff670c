/** This machine: the runtime, and the files that hold secrets. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import { type Finding, failure, ok, warning } from './finding.js';

/** As package.json's `engines` says. */
const OLDEST = [20, 19] as const;

export function runtime(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  if (fits) return ok('runtime', `Node ${version}.`);
  return failure('runtime', `Node ${version} is too old.`, `Install Node ${OLDEST.join('.')} or newer.`);
}

export function dataDirectory({ dataDir, databaseUrl, vaultKeys, sessionSecrets }: Config): Finding {
  const about = 'data directory';
  const needed = !(databaseUrl && vaultKeys && sessionSecrets);
  if (!existsSync(dataDir)) {
    return ok(about, needed ? `${dataDir} will be made when it is needed.` : 'Not needed: everything lives elsewhere.');
  }
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return failure(
      about,
      `${dataDir} cannot be written by this user.`,
      'Choose another DATA_DIR, or give it to this user.',
    );
  }
  const open = ['.', 'secrets.json'].map((name) => join(dataDir, name)).filter(isOpenToOthers);
  if (open.length > 0) {
    return warning(
      about,
      `Other users of this machine can read ${open.join(' and ')}.`,
      `Mend it with: chmod -R go= ${dataDir}`,
    );
  }
  return ok(about, `${dataDir}, private to its owner.`);
}

function isOpenToOthers(path: string): boolean {
  return process.platform !== 'win32' && existsSync(path) && (statSync(path).mode & 0o077) !== 0;
}
