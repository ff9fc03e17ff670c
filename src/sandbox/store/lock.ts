/**
 * One sandbox per folder. The lock is a listening socket in the folder, because the kernel drops it with the process: a
 * process number would prove nothing in a container, where every process is number 1.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';

export class SandboxInUse extends Error {
  readonly code = 'sandbox_in_use';

  constructor(folder: string, holder: string) {
    super(`Another sandbox (process ${holder || 'unknown'}) is using ${folder}. Stop it, or choose another DATA_DIR.`);
    this.name = 'SandboxInUse';
  }
}

export interface FolderLock {
  release(): Promise<void>;
}

/** Longest address a Unix socket takes on every system we run on, with room to spare. */
const longestAddress = 100;

/**
 * @param folder an existing folder
 * @throws SandboxInUse when a living process holds it; a lock left behind by a dead one is taken over
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const place = addressIn(folder);
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const server = await listen(place.address);
      if (server) return { release: () => release(server, place) };
      const holder = await askHolder(place.address);
      if (holder !== undefined) throw new SandboxInUse(folder, holder);
      unlinkIfThere(place.address);
    }
    throw new SandboxInUse(folder, '');
  } catch (error) {
    place.done();
    throw error;
  }
}

interface Place {
  readonly address: string;
  done(): void;
}

function addressIn(folder: string): Place {
  const file = join(resolve(folder), 'lock');
  if (process.platform === 'win32') {
    const name = createHash('sha256').update(file.toLowerCase()).digest('hex').slice(0, 32);
    return { address: `\\\\.\\pipe\\latchkey-sandbox-${name}`, done: () => undefined };
  }
  if (Buffer.byteLength(file) <= longestAddress) return { address: file, done: () => undefined };
  // Deep folders do not fit into a socket address; an open directory gives them a short name.
  const directory = openSync(folder, 'r');
  return { address: `/proc/self/fd/${directory}/lock`, done: () => closeSync(directory) };
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(String(process.pid));
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** The process number of a living holder; undefined when nobody listens any more. */
function askHolder(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(address);
    // A holder that is stopped or very busy still accepts: silence means alive.
    socket.setTimeout(1000, () => {
      socket.destroy();
      resolve(answer);
    });
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? undefined : answer);
    });
    socket.on('end', () => resolve(answer));
  });
}

function release(server: Server, place: Place): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      place.done();
      resolve();
    });
  });
}

function unlinkIfThere(address: string): void {
  try {
    unlinkSync(address);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
