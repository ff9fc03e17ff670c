import { startApp } from '/work/main/test/support/app.js';
import { launchChromium } from '/work/main/test/support/chromium.js';
import { seedPerson, seedSession } from '/work/main/test/support/people.js';
const app = await startApp({ problems: new Map([['acme', 'ACME_ISSUER must be an https address.']]), clients: { github: { clientId: 'a', clientSecret: 'b' } } });
const browser = await launchChromium();
try {
  const person = app.browser();
  const id = await seedPerson(app.database, { name: 'Robin Developer', ways: [{ namespace: 'sandbox:google', subject: 'd1' }] });
  await seedSession(app.database, person, id);
  const landed = await app.flow(person, '/connect/twitter');
  const connection = new URL(landed.location ?? '').pathname;
  const started = await person.post('/connect/discord');
  await app.control.next({ path: '/discord.com/api/oauth2/token', status: 401, body: { error: 'invalid_client' } });
  await person.get(await app.consent(started.location));
  const list = (await person.get('/setup/flows')).text;
  const flow = /href="(\/setup\/flows\/[\w-]{16})"/.exec(list)?.[1] ?? '';
  for (const [kind, options] of [['desktop', { viewport: { width: 1280, height: 800 } }], ['dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 } }]] as const) {
    const context = await browser.newContext(options);
    await context.addCookies([...person.cookies].map(([name, value]) => ({ name, value, url: app.url })));
    const page = await context.newPage();
    const shot = async (name: string, fullPage = true) => { await page.screenshot({ path: `/tmp/h3-${name}-${kind}.png`, fullPage }); };
    await page.goto(`${app.url}/setup`); await page.waitForLoadState('networkidle'); await shot('setup', false);
    await page.goto(`${app.url}/setup?find=git`); await page.waitForLoadState('networkidle'); await shot('setup-find');
    await page.goto(app.url + connection + '/console'); await shot('console');
    await page.getByRole('link', { name: 'Whose account it is' }).first().click();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: /^Answer/ }).waitFor(); await shot('console-answer');
    await page.goto(app.url + flow); await shot('timeline');
    await page.goto(`${app.url}/setup/flows`); await shot('flows');
    await context.close();
  }
} finally { await browser.close(); await app.close(); }
