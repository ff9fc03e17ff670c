/** One instance of the app as far as tokens are concerned: it renews what is due until its parent leaves. */
import { openDatabase } from '../../dist/db/index.js';
import { createEngine } from './engine.js';

const [url, origin] = process.argv.slice(2);
if (url === undefined || origin === undefined) throw new Error('Started by rate.ts with a database and a provider.');

const database = await openDatabase({ url });
const { connections } = await createEngine(database, origin);
process.on('disconnect', () => process.exit());
process.on('message', () => connections.start());
process.send?.('ready');
