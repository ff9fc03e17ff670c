#!/usr/bin/env node
/** `latchkey …`: hands the process's streams, environment and signals to the command line, and its exit code back. */
import { loadEnvironmentFile } from '../installation.js';
import { complaint } from './complaint.js';
import { EXIT } from './failure.js';
import { run } from './run.js';

const interruption = new AbortController();

/** The second time means it. */
function interrupt(): void {
  if (interruption.signal.aborted) process.exit(EXIT.cancelled);
  interruption.abort();
}

process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
// Whoever read the results has had enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.failure));

try {
  loadEnvironmentFile();
  process.exitCode = await run(process.argv.slice(2), {
    streams: { input: process.stdin, output: process.stdout, words: process.stderr },
    environment: process.env,
    signal: interruption.signal,
    leaveSignals: () => process.off('SIGINT', interrupt).off('SIGTERM', interrupt),
  });
  // Whatever the interrupted command was waiting for is not worth waiting for any more.
  if (interruption.signal.aborted) process.exit();
} catch (error) {
  process.stderr.write(`latchkey: ${complaint(error).message}\n`);
  process.exitCode = EXIT.failure;
}
