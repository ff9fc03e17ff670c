/** Writes docs/cli.md from the commands themselves: `npx tsx scripts/cli-page.ts`. A test fails while the page is not what this would write. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliPage } from './cli-page/page.js';

writeFileSync(join(import.meta.dirname, '../docs/cli.md'), cliPage());
