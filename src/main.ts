/** `npm start`: reads the environment, opens the database, starts the sandbox if it is wanted, and serves the app until told to stop. */
import { InvalidConfiguration } from './config.js';
import { serve } from './serve.js';

try {
  loadEnvironmentFile();
  await serve(process.env, (line) => process.stdout.write(`${line}\n`));
} catch (error) {
  // One sentence is what helps here; anything unexpected keeps its stack for whoever reports it.
  const expected = error instanceof Error && 'code' in error;
  process.stderr.write(
    `${expected ? `Latchkey cannot start: ${error.message}` : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = 1;
}

/** A variable from a .env file never replaces one of the real environment. */
function loadEnvironmentFile(): void {
  try {
    process.loadEnvFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new InvalidConfiguration('.env', 'is there but cannot be read as a file of variables.');
  }
}
