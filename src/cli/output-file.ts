/** A file that a command is going to write: what would stand in the way is said before any work is done for it. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CliFailure } from './failure.js';
import { visibleLine } from './terminal/visible.js';

/** @throws CliFailure naming what is missing */
export async function assertWritable(file: string): Promise<void> {
  const path = resolve(file);
  const directory = dirname(path);
  const refuse = (why: string, advice: string) =>
    new CliFailure('file_unusable', `${visibleLine(file)} cannot be written: ${why}.`, advice);
  const place = await stat(directory).catch(() => undefined);
  if (!place?.isDirectory()) {
    throw refuse(`there is no directory ${visibleLine(directory)}`, 'Make it, or choose another place.');
  }
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw refuse('that is a directory', 'Name a file in it.');
  const allowed = await access(there ? path : directory, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!allowed) throw refuse('this user may not write there', 'Choose another place.');
}
