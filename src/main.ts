/** `npm start`: reads the environment, opens the database, starts the sandbox if it is wanted, and serves the app until told to stop. */
import { loadEnvironmentFile } from './installation.js';
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
