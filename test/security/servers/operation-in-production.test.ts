/** The requirements K to R of docs/security.md, and S as far as people bring it about, against two running processes in production behind a TLS-terminating proxy. */
import { type Site, startSite } from '../harness.js';
import { again } from './rows/again.js';
import { canary } from './rows/canary.js';
import { refusals } from './rows/configuration.js';
import { errorPages } from './rows/error-pages.js';
import { headers } from './rows/headers.js';
import { input } from './rows/input.js';
import { limits, proxies } from './rows/limits.js';
import { logs } from './rows/logs.js';

let site: Site;
beforeAll(async () => {
  site = await startSite({ mode: 'production', instances: 2 });
  await site.control.behaviour({ autoApprove: true });
}, 120_000);
afterAll(() => site?.close(), 120_000);

const siteOf = () => site;
describe('K: input', () => input(siteOf));
describe('L: headers', () => headers(siteOf));
describe('M: logs', () => logs(siteOf));
describe('N: error pages', () => errorPages(siteOf));
describe('P: limits', () => limits(siteOf));
describe('O: configuration', () => refusals(siteOf));
describe('R: proxies and instances', () => proxies(siteOf));
describe('S: impatience', () => again(siteOf));
describe('canaries', () => canary(siteOf));
