/**
 * The lock on a data directory: PGlite must never be opened twice. Whoever holds it listens on a unix socket inside the directory, and
 * only a socket that refuses connections counts as dead. The kernel closes it with the process, whatever killed that, keeps it
 * open while the process is stopped, and does not care that every process in a container is pid 1.
 *
 * Every opener listens on a socket of its own (`opener-<random>.sock`) and takes the lock by creating the symbolic link
 * `holder-<n>` to it, n being one above the highest number there. Creating a link is atomic, so of many openers that saw
 * the same dead holder one wins. Numbers never go back: the winner removes lower links only, and its own stays behind, dangling, when
 * it lets go. An opener that was slow enough to re-create a number that is long over finds a higher one when it looks again, and retreats.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { DataDirectoryLocked, DataDirectoryUnusable } from './database-errors.js';

export interface DataDirectoryLock {
  /** Lets go; safe to call twice. */
  release(): Promise<void>;
}

/** What a refused opener is told about the process in its way. */
export interface Holder {
  readonly pid: number;
  readonly command: string;
  readonly host: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** `sun_path` has room for 104 bytes on macOS and the BSDs (108 on Linux), one of them the closing NUL. */
const longestSocketPath = 103;
const openerName = /^opener-[0-9a-f]{12}\.(?:sock|json)$/;
const holderName = /^holder-(\d{1,15})$/;
/** Files of openers that were killed between listening and taking the lock; nobody needs an hour for that. */
const litterAgeMs = 3_600_000;

/**
 * Takes the lock on `dataDir`, creating the directory (mode 0700) when it is missing.
 * @param command what the refused are told is running, for example `latchkey serve`
 * @param betweenLookAndTake lets a test be slow at the one moment where that matters
 * @throws DataDirectoryLocked when a living process holds it
 * @throws DataDirectoryUnusable when the directory cannot hold a socket
 */
export async function lockDataDirectory(
  dataDir: string,
  command: string,
  betweenLookAndTake?: () => Promise<void>,
): Promise<DataDirectoryLock> {
  const directory = join(resolve(dataDir), 'lock');
  const opener = `opener-${randomBytes(6).toString('hex')}`;
  const socket = join(directory, `${opener}.sock`);
  const note = join(directory, `${opener}.json`);
  let server: Server | undefined;
  const release = async (): Promise<void> => {
    await closeServer(server);
    await rm(note, { force: true });
    await rm(socket, { force: true });
  };
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const holder: Holder = { pid: process.pid, command, host: hostname(), startedAt: new Date().toISOString() };
    await writeFile(note, JSON.stringify(holder), { mode: 0o600 });
    server = await listen(shortPath(socket, dataDir));
    const number = await takeNumber(dataDir, directory, opener, betweenLookAndTake);
    await tidy(dataDir, directory, number, opener);
    return { release };
  } catch (error) {
    await release().catch(() => undefined);
    if (error instanceof DataDirectoryLocked || error instanceof DataDirectoryUnusable) throw error;
    throw new DataDirectoryUnusable(dataDir, reasonOf(error), { cause: error });
  }
}

async function takeNumber(
  dataDir: string,
  directory: string,
  opener: string,
  betweenLookAndTake?: () => Promise<void>,
): Promise<number> {
  for (;;) {
    const current = await highestNumber(directory);
    if (current > 0) {
      const link = join(directory, `holder-${current}`);
      if (await isListening(shortPath(link, dataDir))) throw new DataDirectoryLocked(dataDir, await holderBehind(link));
    }
    await betweenLookAndTake?.();
    const own = current + 1;
    const link = join(directory, `holder-${own}`);
    const taken = await symlink(`${opener}.sock`, link).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (!taken) continue;
    if ((await highestNumber(directory)) === own) return own;
    await rm(link, { force: true });
  }
}

async function highestNumber(directory: string): Promise<number> {
  return Math.max(0, ...(await readdir(directory)).map(numberOf));
}

function numberOf(name: string): number {
  return Number(holderName.exec(name)?.[1] ?? 0);
}

/** Anything but a clear "nobody listens" counts as alive: a stopped process with a full queue answers EAGAIN, for example. */
function isListening(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      settle(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

async function holderBehind(link: string): Promise<Holder | undefined> {
  try {
    const note = resolve(link, '..', (await readlink(link)).replace(/\.sock$/, '.json'));
    const holder: unknown = JSON.parse(await readFile(note, 'utf8'));
    return isHolder(holder) ? holder : undefined;
  } catch {
    // The holder let go, or was followed by another, while we looked. Its name only makes the refusal clearer.
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, command, host, startedAt } = value as Record<string, unknown>;
  return (
    typeof pid === 'number' && typeof command === 'string' && typeof host === 'string' && typeof startedAt === 'string'
  );
}

/** Removes what dead holders and openers left. The files of the living stay, even behind a link that is over: its opener may yet win. */
async function tidy(dataDir: string, directory: string, own: number, opener: string): Promise<void> {
  const names = await readdir(directory);
  for (const name of names.filter((candidate) => numberOf(candidate) > 0 && numberOf(candidate) < own)) {
    const target = await readlink(join(directory, name)).catch(() => '');
    await rm(join(directory, name), { force: true });
    if (!openerName.test(target) || (await isListening(shortPath(join(directory, target), dataDir)))) continue;
    await rm(join(directory, target), { force: true });
    await rm(join(directory, target.replace(/\.sock$/, '.json')), { force: true });
  }
  for (const name of names.filter((candidate) => openerName.test(candidate) && !candidate.startsWith(opener))) {
    const file = join(directory, name);
    const found = await stat(file).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < litterAgeMs) continue;
    if (await isListening(shortPath(file.replace(/\.json$/, '.sock'), dataDir))) continue;
    await rm(file, { force: true });
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((settle, fail) => {
    const server = createServer((visitor) => {
      visitor.on('error', () => undefined);
      visitor.destroy();
    });
    server.once('error', fail);
    server.listen(path, () => {
      // Nobody should be kept alive by the lock alone, and a visitor that cannot be received has been answered all the same.
      server.unref();
      server.off('error', fail).on('error', () => undefined);
      settle(server);
    });
  });
}

function closeServer(server: Server | undefined): Promise<void> {
  return new Promise((settle) => {
    if (server === undefined || !server.listening) settle();
    else server.close(() => settle());
  });
}

/** The absolute path or the one from the working directory, whichever is shorter. */
function shortPath(path: string, dataDir: string): string {
  const fromHere = relative(process.cwd(), path);
  const shorter = Buffer.byteLength(fromHere) < Buffer.byteLength(path) ? fromHere : path;
  if (Buffer.byteLength(shorter) <= longestSocketPath) return shorter;
  throw new DataDirectoryUnusable(dataDir, 'its path is too long for a socket; choose a shorter DATA_DIR');
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return `no lock can be kept there (${code ?? 'unknown reason'}); choose a DATA_DIR on a local disk that this user may write`;
}
