/** What people are told after a step and before the next one: the right kind of note, advice that works, and one name for one account. */
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { sessionPerson } from '../support/people.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
}, 60_000);
afterAll(() => app.close());
beforeEach(() => app.control.reset());

const noticeOf = (text: string) => /<p class="notice (\w+)" role="status">([^<]*)/.exec(text)?.slice(1, 3);

async function somebody(subject: string, provider = 'twitter'): Promise<Browser> {
  const browser = app.browser();
  await app.signIn(browser, subject, provider);
  return browser;
}

async function connected(browser: Browser, provider: string, subject: string): Promise<string> {
  await app.control.user({ provider, subject, username: `${provider}-${subject}` });
  const landed = await app.flow(browser, `/connect/${provider}`);
  return new URL(landed.location ?? '').pathname;
}

describe('a note after a step', () => {
  test('is of its kind: what worked, what is under way or needs nothing, and what did not work', async () => {
    const browser = await somebody('1001');
    const fitbit = await connected(browser, 'fitbit', 'TOLD01');
    expect(noticeOf((await browser.get(fitbit)).text)).toEqual(['done', 'Fitbit is connected.']);
    await app.control.next({ path: '/api.fitbit.com/oauth2/token', status: 503 });
    await browser.post(`${fitbit}/refresh`);
    expect(noticeOf((await browser.get(fitbit)).text)?.[0]).toBe('trouble');
    await app.control.next({ path: '/api.fitbit.com/1/user/-/profile.json', status: 500 });
    const elsewhere = browser.clone();
    await elsewhere.post(`${fitbit}/check`);
    expect(noticeOf((await elsewhere.get(fitbit)).text)?.[0]).toBe('trouble');
    await app.control.next({ path: '/api.fitbit.com/oauth2/revoke', times: 3, status: 500 });
    await browser.post(`${fitbit}/disconnect`);
    const [kind, text] = noticeOf((await browser.get('/')).text) ?? [];
    expect([kind, text]).toEqual(['trouble', expect.stringContaining('withdrawing the access there did not work')]);
    await browser.post('/logout');
    expect(noticeOf((await browser.get('/')).text)).toEqual(['note', 'You are signed out.']);
  });

  test('tells a new connection from one that was mended', async () => {
    const browser = await somebody('1002');
    const gitlab = await connected(browser, 'gitlab', '10021');
    expect(noticeOf((await browser.get(gitlab)).text)).toEqual(['done', 'GitLab is connected.']);
    expect(await connected(browser, 'gitlab', '10021')).toBe(gitlab);
    expect(noticeOf((await browser.get(gitlab)).text)).toEqual(['done', 'GitLab is connected again.']);
  });
});

test('an account of two people: doing what the refusal says makes it free', async () => {
  const owner = await somebody('1003');
  const github = await connected(owner, 'github', '10031');
  await owner.post(`/account/identities/${github.split('/').at(-1)}/allow-sign-in`);
  const other = await somebody('1004');
  const attempt = async () => {
    await app.control.user({ provider: 'github', subject: '10031' });
    return await app.flow(other, '/connect/github');
  };
  const refused = await attempt();
  expect(refused.status).toBe(409);
  expect(refused.text).toContain('disconnect it and remove it from its ways to sign in');
  await owner.post(`${github}/disconnect`);
  expect((await attempt()).status).toBe(409);
  const userId = (await sessionPerson(app.database, owner)) ?? '';
  const way = await app.database.prisma.identity.findFirstOrThrow({ where: { userId, subject: '10031' } });
  await owner.post(`/account/identities/${way.id}/remove`);
  expect((await attempt()).status).toBe(303);
});

test('a link that was used before does not say that nothing came of it', async () => {
  const browser = await somebody('1005');
  await app.control.user({ provider: 'github', subject: '10051' });
  const started = await browser.post('/connect/github');
  const callback = await app.consent(started.location);
  expect((await browser.get(callback)).status).toBe(303);
  const again = await browser.get(callback);
  expect(again.status).toBe(400);
  expect(again.text).not.toContain('Nothing was changed');
  expect(again.text).toContain('what it did then is done');
});

test('one account has one name, whichever of the definitions that share it was chosen', async () => {
  const home = await app.browser().get('/');
  expect(home.text).toContain('Sign in with X</span>');
  const browser = await somebody('1006', 'x');
  const { text } = await browser.get('/account');
  expect(text).toContain('<strong>X</strong>');
  expect(text).not.toContain('X (Twitter)');
  expect((await browser.get('/')).text).toMatch(/<h2><a href="\/connections\/[^"]+">X<\/a><\/h2>/);
  const github = await connected(browser, 'github', '10061');
  await browser.get('/');
  await browser.post(`/account/identities/${github.split('/').at(-1)}/allow-sign-in`);
  await browser.get('/account');
  const way = await app.database.prisma.identity.findFirstOrThrow({ where: { subject: '1006' } });
  await browser.post(`/account/identities/${way.id}/remove`);
  expect(noticeOf((await browser.get('/account')).text)?.[1]).toMatch(/^X is not a way to sign in any more/);
  expect((await somebody('1007', 'twitter').then((other) => other.get('/account'))).text).toContain(
    '<strong>X (Twitter)</strong>',
  );
});

test('what removing a way to sign in ends besides is said before it is done', async () => {
  const browser = await somebody('1008');
  expect((await browser.get('/account')).text).not.toContain('Removing one signs out');
  const github = await connected(browser, 'github', '10081');
  await browser.post(`/account/identities/${github.split('/').at(-1)}/allow-sign-in`);
  expect((await browser.get('/account')).text).toContain('Removing one signs out every browser but this one.');
});

describe('the first page', () => {
  const goOn = 'Sign in to go on.';
  const ended = 'You are not signed in any more';

  test('says why one is there when another page sent one', async () => {
    const visitor = app.browser();
    expect((await visitor.get('/')).text).not.toContain(goOn);
    const sent = await visitor.follow(await visitor.get('/account'));
    expect(sent.text).toContain(goOn);
    expect(sent.text).not.toContain(ended);
  });

  test('tells a browser that was signed out from another one, and no browser that signed out itself', async () => {
    const here = await somebody('1009');
    const there = await somebody('1009');
    await here.post('/account/sessions/others/end');
    const told = await there.follow(await there.get('/account'));
    expect(told.text).toContain(ended);
    expect(told.text).toContain(goOn);
    await here.post('/logout');
    expect((await here.get('/')).text).not.toContain(ended);
  });
});
