/** DATA_DIR: made when it is missing, private to its owner. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidConfiguration } from './environment.js';

/**
 * Step by step, because Node's own recursive way can loop for ever on file systems that refuse new names.
 * @param path absolute
 * @throws InvalidConfiguration naming DATA_DIR
 */
export function createDataDirectory(path: string): void {
  try {
    if (isDirectory(path)) return;
    const parent = dirname(path);
    if (parent !== path && !existsSync(parent)) createDataDirectory(parent);
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process was quicker.
    if (isDirectory(path)) return;
    if (error instanceof InvalidConfiguration) throw error;
    throw new InvalidConfiguration('DATA_DIR', `cannot be created at ${path}. Choose a directory that can be written.`);
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
