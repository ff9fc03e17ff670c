/** The requirements K to R of docs/security.md, and S as far as people bring it about, against two running processes in development. */
import { type Site, startSite } from '../harness.js';
import { again } from './rows/again.js';
import { canary } from './rows/canary.js';
import { changes } from './rows/configuration.js';
import { errorPages } from './rows/error-pages.js';
import { headers } from './rows/headers.js';
import { input } from './rows/input.js';
import { proxies } from './rows/limits.js';
import { logs } from './rows/logs.js';

let site: Site;
beforeAll(async () => {
  site = await startSite({ mode: 'development', instances: 2 });
  await site.control.behaviour({ autoApprove: true });
}, 120_000);
afterAll(() => site?.close(), 120_000);

const siteOf = () => site;
describe('K: input', () => input(siteOf));
describe('L: headers', () => headers(siteOf));
describe('M: logs', () => logs(siteOf));
describe('N: error pages', () => errorPages(siteOf));
describe('R: proxies and instances', () => proxies(siteOf));
describe('S: impatience', () => again(siteOf));
describe('canaries', () => canary(siteOf));
// Last, because it starts and stops instances.
describe('O: configuration', () => changes(siteOf));
