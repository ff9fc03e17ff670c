/** What has to survive when providers or the database do not (docs/security.md, part S), against a running process with proxies before both. */
import { type Site, startSite } from '../harness.js';
import { databaseAway } from './rows/database-away.js';
import { providersAway } from './rows/providers-away.js';

let site: Site;
beforeAll(async () => {
  site = await startSite({ mode: 'development' });
  await site.control.behaviour({ autoApprove: true });
}, 120_000);
afterAll(() => site?.close(), 120_000);

const siteOf = () => site;
describe('providers', () => providersAway(siteOf));
describe('the database', () => databaseAway(siteOf));
