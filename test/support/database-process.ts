/** Starts `database-child.ts` and talks to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type Command =
  | { do: 'lock'; dataDir: string }
  | { do: 'unlock' }
  | { do: 'open'; dataDir: string }
  | { do: 'close' }
  | { do: 'write'; id: string }
  | { do: 'migrate'; url: string };

export interface Answer {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
}

export interface DatabaseProcess {
  readonly pid: number;
  ask(command: Command): Promise<Answer>;
  /** `SIGKILL` resolves when the process is gone. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}

export async function startDatabaseProcess(): Promise<DatabaseProcess> {
  const child = fork(join(import.meta.dirname, 'database-child.ts'), { execArgv: ['--import', 'tsx'] });
  await answerOf(child);
  return {
    pid: child.pid ?? 0,
    ask: (command) => {
      const answer = answerOf(child);
      child.send(command);
      return answer;
    },
    signal: async (signal) => {
      const gone = signal === 'SIGKILL' && child.exitCode === null && child.signalCode === null && once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<Answer> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: stop.signal }).then(([answer]) => answer as Answer),
      once(child, 'exit', { signal: stop.signal }).then(() => ({ code: 'gone' })),
    ]);
  } finally {
    stop.abort();
  }
}
