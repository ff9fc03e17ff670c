/** A sandbox in a process of its own, for tests that kill it. Arguments: its folder. Prints its port. */
import { builtInDefinitions } from '../../src/providers/index.js';
import { createSandbox } from '../../src/sandbox/index.js';

const [dataDir = ''] = process.argv.slice(2);
const sandbox = await createSandbox({ definitions: builtInDefinitions, dataDir });
const { port } = await sandbox.listen(0);
process.stdout.write(`${port}\n`);
