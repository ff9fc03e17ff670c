/** sec-H6: an account is deleted, the provider hangs, the process is killed in the middle; the next start finishes it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInDefinitions } from '../../src/providers/index.js';
import { createSandbox } from '../../src/sandbox/index.js';
import { answerConsent, sandboxControl } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { freePort, startProcess } from '../support/process.js';
import { until } from '../support/until.js';

const PATIENCE = 120_000;

test(
  'a kill -9 while an account is being deleted leaves no orphan',
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-deletion-'));
    const sandbox = await createSandbox({ definitions: builtInDefinitions, dataDir: join(dataDir, 'outside') });
    const { origin } = await sandbox.listen(0, '127.0.0.1');
    const control = sandboxControl(origin);
    const environment = { PORT: await freePort(), SANDBOX_URL: origin, DATA_DIR: join(dataDir, 'app') };
    let app = await startProcess(environment);
    try {
      expect(app.output()).toMatch(
        /^Operator: \S+\/operator \(once signed in, enter ([A-Z2-9]{4}-){3}[A-Z2-9]{4} there/m,
      );
      const browser = new Browser(app.url);
      const flow = async (who: Browser, start: string) =>
        who.get(await answerConsent((await who.post(start)).location, 'allow'));
      await control.user({ provider: 'twitter', subject: '6001' });
      await flow(browser, '/auth/twitter');
      await browser.post('/welcome', { decision: 'create' });
      for (const provider of ['fitbit', 'google']) {
        await control.user({ provider, subject: `6001${provider}` });
        await flow(browser, `/connect/${provider}`);
      }
      const first = '/api.x.com/1.1/oauth/invalidate_token.json';
      await control.hold(first);
      const deleting = browser.post('/account/delete').catch(() => undefined);
      await until(async () => (await control.calls(first)).length > 0);
      await app.stop('SIGKILL');
      await deleting;
      await control.release(first);
      for (const path of ['/api.fitbit.com/oauth2/revoke', '/oauth2.googleapis.com/revoke']) {
        expect(await control.calls(path)).toEqual([]);
      }

      app = await startProcess(environment);
      await until(async () => (await control.calls('/oauth2.googleapis.com/revoke')).length > 0, 30_000);
      // Each was revoked, none twice: a refresh token and an access token, and one signed call.
      expect(await control.calls(first)).toHaveLength(1);
      expect(await control.calls('/api.fitbit.com/oauth2/revoke')).toHaveLength(2);
      // Unknown again: it waits on /welcome as anybody new does, so nothing of the old account is left in its way.
      const again = new Browser(app.url);
      await until(async () => (await flow(again, '/auth/twitter')).location?.endsWith('/welcome') === true);
      await again.post('/welcome', { decision: 'create' });
      expect((await again.get('/')).text.match(/data-connection="/g)).toHaveLength(1);
    } finally {
      await app.stop('SIGKILL');
      await sandbox.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
  PATIENCE,
);
