/** The requirements A to J of docs/security.md, row by row, against two running processes in development. */
import { type Site, startSite } from '../harness.js';
import { callbacks } from './rows/callbacks.js';
import { calls } from './rows/calls.js';
import { endings } from './rows/endings.js';
import { linking } from './rows/linking.js';
import { oauth1 } from './rows/oauth1.js';
import { providerAnswers } from './rows/provider-answers.js';
import { refreshing } from './rows/refreshing.js';
import { sessions } from './rows/sessions.js';
import { starts } from './rows/starts.js';
import { storage } from './rows/storage.js';

let site: Site;
beforeAll(async () => {
  site = await startSite({ mode: 'development', instances: 2 });
  await site.control.behaviour({ autoApprove: true });
}, 120_000);
// Scripted answers that a failed row left behind are none of the next one's business.
beforeEach(() => site.control.reset());
afterAll(() => site?.close(), 120_000);

const siteOf = () => site;
describe('A: the start of a flow', () => starts(siteOf));
describe('B: the callback', () => callbacks(siteOf));
describe('B: what the provider says', () => providerAnswers(siteOf));
describe('C: OAuth 1.0a', () => oauth1(siteOf));
describe('D: stored credentials', () => storage(siteOf));
describe('E: sessions', () => sessions(siteOf));
describe('F: linking', () => linking(siteOf));
describe('G, H: signing out and disconnecting', () => endings(siteOf));
describe('I: refreshing', () => refreshing(siteOf));
describe('J: calls to providers', () => calls(siteOf));
