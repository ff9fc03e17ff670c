/** The words of the pages, by page; views find them as `it.texts`. */
import { accountTexts } from './pages/account.js';
import { connectionTexts } from './pages/connection.js';
import { consoleTexts } from './pages/console.js';
import { everyPageTexts } from './pages/every-page.js';
import { operatorTexts } from './pages/operator.js';
import { panelTexts } from './pages/panels.js';
import { providerTexts } from './pages/providers.js';
import { setupTexts } from './pages/setup.js';
import { signInTexts } from './pages/sign-in.js';
import { timelineTexts } from './pages/timeline.js';

export const pageTexts = {
  everyPage: everyPageTexts,
  providers: providerTexts,
  signIn: signInTexts,
  connection: connectionTexts,
  panels: panelTexts,
  account: accountTexts,
  operator: operatorTexts,
  setup: setupTexts,
  console: consoleTexts,
  timeline: timelineTexts,
} as const;
