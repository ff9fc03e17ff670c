/** Who runs the site: how the first operator is found, what operators see and do, and that the page exists for nobody else. */
import { DANGEROUS_STEP_MS } from '../../src/web/recent-proof.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { ageProof, seedPerson, seedSession, sessionPerson, sessionRowOf } from '../support/people.js';
import { until } from '../support/until.js';

const OPERATOR = 'sandbox:twitter:4001';
let app: TestApp;

beforeAll(async () => {
  app = await startApp({ operators: [OPERATOR] });
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.reset();
  await app.control.reset();
});

const unknownId = '00000000-0000-4000-8000-000000000000';

async function signedIn(subject: string): Promise<{ browser: Browser; id: string }> {
  const browser = app.browser();
  await app.signIn(browser, subject);
  return { browser, id: (await sessionPerson(app.database, browser)) ?? '' };
}
const operator = () => signedIn('4001');
const state = async (id: string) => (await app.database.prisma.user.findUnique({ where: { id } }))?.state;

test('the pages exist for operators only', async () => {
  const person = await signedIn('4101');
  const boss = await operator();
  expect((await boss.browser.get('/operator')).status).toBe(200);
  expect((await boss.browser.get('/account')).text).toContain('href="/operator"');
  expect((await person.browser.get('/account')).text).not.toContain('/operator');
  expect((await person.browser.get('/operator')).status).toBe(404);
  expect((await app.browser().get('/operator')).location).toBe(`${app.url}/?return_to=%2Foperator`);
  const steps = [
    `/operator/users/${boss.id}/disable`,
    `/operator/users/${boss.id}/enable`,
    `/operator/users/${boss.id}/delete`,
    '/operator/providers/twitter/revoke',
  ];
  for (const path of steps) {
    expect([path, (await boss.browser.get(path)).status]).toEqual([path, 405]);
    expect([path, (await boss.browser.request(path, { method: 'POST' })).status]).toEqual([path, 403]);
    expect([path, (await person.browser.post(path)).status]).toEqual([path, 404]);
    expect([path, (await app.browser().post(path)).location]).toEqual([path, `${app.url}/`]);
  }
  expect(await state(boss.id)).toBe('active');
  expect(await app.database.prisma.connection.count()).toBe(2);
});

test('in production the set-up page is for operators, too', async () => {
  const production = await app.secondInstance({ production: true });
  const boss = await operator();
  const person = await signedIn('4102');
  expect((await boss.browser.clone(production.url).get('/setup')).status).toBe(200);
  expect((await person.browser.clone(production.url).get('/setup')).status).toBe(404);
  expect((await person.browser.get('/setup')).status).toBe(200);
});

test('people and connections are listed by provider and status, searched and paged', async () => {
  const boss = await operator();
  const { prisma } = app.database;
  for (let at = 0; at < 60; at++) {
    await seedPerson(app.database, {
      name: `Person ${String(at).padStart(2, '0')}`,
      connections: [{ provider: 'fitbit', subject: `F${at}` }],
    });
  }
  await prisma.connection.updateMany({
    where: { subject: { in: ['F1', 'F2'] } },
    data: { status: 'reconnect_required' },
  });
  const off = await seedPerson(app.database, { name: 'Switched Off', state: 'disabled', connections: [] });

  const page = await boss.browser.get('/operator');
  expect(page.text).toContain('61 active, 1 switched off, 0 being deleted');
  expect(page.text).toContain('>58 working<');
  expect(page.text).toContain('>2 need their person<');
  expect(page.text).toContain(`data-user="${off}" data-state="disabled"`);
  expect(page.text.match(/data-user="/g)).toHaveLength(50);
  const next = /href="(\/operator\?after=[^"]+)"/.exec(page.text)?.[1] ?? '';
  const second = await boss.browser.get(next);
  expect(second.text.match(/data-user="/g)).toHaveLength(12);
  const idsOf = (text: string) => [...text.matchAll(/data-user="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set([...idsOf(page.text), ...idsOf(second.text)]).size).toBe(62);

  const broken = await boss.browser.get('/operator?provider=fitbit&status=reconnect_required');
  expect(broken.text.match(/data-user="/g)).toHaveLength(2);
  for (const [text, count] of [
    ['person 07', 1],
    [off, 1],
    ['SWITCHED', 1],
    ["'; DROP TABLE", 0],
    ['%00\u0000', 0],
    ['_erson 0%', 0],
  ] as const) {
    const found = await boss.browser.get(`/operator?text=${encodeURIComponent(text)}`);
    expect([text, found.status, found.text.match(/data-user="/g)?.length ?? 0]).toEqual([text, 200, count]);
  }
  for (const odd of ['after=nonsense', 'status=nonsense', 'provider=%00', 'text=a&text=b']) {
    expect((await boss.browser.get(`/operator?${odd}`)).status).toBe(200);
  }
});

test('sec-E9: switching somebody off ends their sessions and what they had started; switching on lets them in again', async () => {
  const boss = await operator();
  const person = await signedIn('4201');
  const second = await signedIn('4201');
  const callback = await app.consent((await person.browser.post('/connect/fitbit')).location);
  const done = await boss.browser.post(`/operator/users/${person.id}/disable`);
  expect([done.status, done.location]).toEqual([303, `${app.url}/operator`]);
  expect(await state(person.id)).toBe('disabled');
  expect(await app.database.prisma.webSession.count({ where: { userId: person.id } })).toBe(0);
  for (const { browser } of [person, second]) expect((await browser.get('/account')).status).toBe(303);
  expect((await person.browser.get(callback)).status).toBe(400);
  await app.control.user({ provider: 'twitter', subject: '4201' });
  expect((await app.flow(app.browser(), '/auth/twitter')).status).toBe(403);
  expect(await app.database.prisma.connection.count({ where: { userId: person.id } })).toBe(1);

  expect((await boss.browser.post(`/operator/users/${person.id}/enable`)).status).toBe(303);
  const back = app.browser();
  await app.flow(back, '/auth/twitter');
  expect(await sessionPerson(app.database, back)).toBe(person.id);
  const page = await back.get('/account');
  expect(page.text).toContain('Your account was switched off by an operator of this site');
  expect(page.text).toContain('A sign-in with X (Twitter) was refused: the account is switched off');
  const acted = await app.database.prisma.event.findMany({ where: { kind: 'operator_acted' }, orderBy: { at: 'asc' } });
  expect(acted.map(({ userId, detail }) => [userId, detail])).toEqual([
    [boss.id, { step: 'disable', about: person.id }],
    [boss.id, { step: 'enable', about: person.id }],
  ]);
});

test('a connect that is finishing while somebody is switched off is refused', async () => {
  const boss = await operator();
  const person = await signedIn('4202');
  await app.control.user({ provider: 'fitbit', subject: 'LATE42' });
  const callback = await app.consent((await person.browser.post('/connect/fitbit')).location);
  const path = '/api.fitbit.com/oauth2/token';
  await app.control.hold(path);
  const finishing = person.browser.get(callback);
  await until(async () => (await app.control.calls(path)).length > 0);
  await boss.browser.post(`/operator/users/${person.id}/disable`);
  await app.control.release(path);
  expect((await finishing).status).toBe(403);
  expect(await app.database.prisma.connection.count({ where: { subject: 'LATE42' } })).toBe(0);
});

test('deleting somebody revokes and removes everything; unknown, malformed and one’s own are refused', async () => {
  const boss = await operator();
  const person = await signedIn('4301');
  await app.control.reset();
  expect((await boss.browser.post(`/operator/users/${person.id}/delete`)).status).toBe(303);
  expect(await state(person.id)).toBeUndefined();
  expect(await app.control.calls('/api.x.com/1.1/oauth/invalidate_token.json')).toHaveLength(1);
  expect((await person.browser.get('/account')).status).toBe(303);
  for (const step of ['disable', 'enable', 'delete']) {
    for (const id of [person.id, unknownId, 'nonsense', '%00']) {
      expect([step, id, (await boss.browser.post(`/operator/users/${id}/${step}`)).status]).toEqual([step, id, 404]);
    }
    expect((await boss.browser.post(`/operator/users/${boss.id}/${step}`)).status).toBe(409);
  }
  expect(await state(boss.id)).toBe('active');
});

test('every connection of one provider is revoked, and no other', async () => {
  const boss = await operator();
  const people = [await signedIn('4401'), await signedIn('4402'), await signedIn('4403')];
  for (const [at, { browser }] of people.entries()) {
    for (const provider of ['fitbit', 'google']) {
      await app.control.user({ provider, subject: `${provider}${at}` });
      await app.flow(browser, `/connect/${provider}`);
    }
  }
  await app.control.reset();
  const page = await boss.browser.follow(await boss.browser.post('/operator/providers/fitbit/revoke'));
  expect(page.text).toContain('Every connection of Fitbit is ended.');
  const { prisma } = app.database;
  expect(await prisma.connection.count({ where: { provider: 'fitbit' } })).toBe(0);
  expect(await prisma.connection.count({ where: { provider: 'google' } })).toBe(3);
  // A refresh token and an access token each.
  expect(await app.control.calls('/api.fitbit.com/oauth2/revoke')).toHaveLength(6);
  expect((await people[0]?.browser.get('/account'))?.text).toContain(
    'Fitbit was disconnected, by an operator of this site',
  );
  for (const id of ['nobody', '__proto__', 'constructor', '%00']) {
    expect([id, (await boss.browser.post(`/operator/providers/${id}/revoke`)).status]).toEqual([id, 404]);
  }
  await app.control.next({ path: '/oauth2.googleapis.com/revoke', status: 500, times: 10 });
  const partly = await boss.browser.follow(await boss.browser.post('/operator/providers/google/revoke'));
  expect(partly.text).toContain('did not confirm all of them');
  expect(await prisma.connection.count({ where: { provider: 'google' } })).toBe(0);
});

test('a connection that cannot be ended here is owned up to, the others are ended, and the next try takes it up', async () => {
  const boss = await operator();
  for (const subject of ['4411', '4412']) {
    const { browser } = await signedIn(subject);
    await app.control.user({ provider: 'fitbit', subject });
    await app.flow(browser, '/connect/fitbit');
  }
  const { prisma } = app.database;
  const left = () => prisma.connection.count({ where: { provider: 'fitbit' } });
  await prisma.$executeRaw`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'`;
  await prisma.$executeRaw`CREATE TRIGGER refuse BEFORE DELETE ON "Connection" FOR EACH ROW
    WHEN (OLD."provider" = 'fitbit' AND OLD."subject" = '4411') EXECUTE FUNCTION refuse()`;
  try {
    const page = await boss.browser.follow(await boss.browser.post('/operator/providers/fitbit/revoke'));
    expect(page.text).toContain('Not every connection of Fitbit could be ended');
    expect(await left()).toBe(1);
  } finally {
    await prisma.$executeRaw`DROP FUNCTION refuse CASCADE`;
  }
  const again = await boss.browser.follow(await boss.browser.post('/operator/providers/fitbit/revoke'));
  expect(again.text).toContain('Every connection of Fitbit is ended.');
  expect(await left()).toBe(0);
});

test('every step asks for a recent proof', async () => {
  const boss = await operator();
  const person = await signedIn('4501');
  await ageProof(app.database, boss.id, DANGEROUS_STEP_MS);
  for (const path of [`/operator/users/${person.id}/disable`, '/operator/providers/twitter/revoke']) {
    expect((await boss.browser.post(path)).location).toBe(`${app.url}/account/confirm?return_to=%2Foperator`);
  }
  expect(await state(person.id)).toBe('active');
  expect((await boss.browser.get('/operator')).status).toBe(200);
});

test('a damaged account and a refused client are shown as alarms', async () => {
  const boss = await operator();
  await app.database.prisma.event.createMany({
    data: [
      { kind: 'identity_orphaned', provider: 'github' },
      { kind: 'provider_refuses_client', provider: 'fitbit' },
    ],
  });
  const { text } = await boss.browser.get('/operator');
  expect(text).toContain('GitHub: A way to sign in without its account was used');
  expect(text).toContain('Fitbit: refuses this site’s client');
});

describe('the first operator', () => {
  const claim = (browser: Browser, code: string) => browser.post('/operator/claim', { code });

  test('is whoever enters the code of the start, once, and gets a new session id', async () => {
    const fresh = await app.secondInstance({ operators: [] });
    const code = fresh.latchkey.operatorCode ?? '';
    expect(code).toMatch(/^([A-Z2-9]{4}-){3}[A-Z2-9]{4}$/);
    const first = (await signedIn('4601')).browser.clone(fresh.url);
    const second = (await signedIn('4602')).browser.clone(fresh.url);
    expect((await first.get('/operator')).text).toContain('action="/operator/claim"');
    expect((await first.get('/operator')).text).not.toContain(code);
    for (const wrong of ['', 'AAAA-AAAA-AAAA-AAAA', 'x'.repeat(5000)]) {
      const again = await claim(first, wrong);
      expect(again.status).toBe(403);
      expect(again.text).toMatch(
        /That is not the code[\s\S]*action="\/operator\/claim"|action="\/operator\/claim"[\s\S]*That is not the code/,
      );
    }
    expect((await first.get('/account')).text).not.toContain('href="/operator"');
    const old = sessionRowOf(first);
    const granted = await claim(first, ` ${code.toLowerCase().replaceAll('-', ' ')} `);
    expect([granted.status, granted.location]).toEqual([303, `${fresh.url}/operator`]);
    expect(sessionRowOf(first)).not.toBe(old);
    expect(await app.database.prisma.webSession.count({ where: { id: old ?? '' } })).toBe(0);
    expect((await first.get('/operator')).status).toBe(200);
    expect((await claim(second, code)).status).toBe(409);
    expect((await second.get('/operator')).status).toBe(404);
    // An operator is there, so the next start prints nothing; and OPERATORS, once it names somebody, is the whole truth.
    expect((await app.secondInstance({ operators: [] })).latchkey.operatorCode).toBeUndefined();
    expect((await first.clone(app.url).get('/operator')).status).toBe(404);
  });

  test('is one person, however many instances have a code of their own', async () => {
    const instances = await Promise.all([0, 1, 2].map(() => app.secondInstance({ operators: [] })));
    const people = await Promise.all(
      instances.map(async ({ url }, at) => {
        const browser = app.browser();
        await seedSession(app.database, browser, await seedPerson(app.database, { name: `Claimant ${at}` }));
        return browser.clone(url);
      }),
    );
    const answers = await Promise.all(
      people.map((browser, at) => claim(browser, instances[at]?.latchkey.operatorCode ?? '')),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 409, 409]);
    expect(await app.database.prisma.user.count({ where: { operator: true } })).toBe(1);
  });

  test('is not sought while OPERATORS names somebody, and the page then offers nothing', async () => {
    expect(app.latchkey.operatorCode).toBeUndefined();
    const person = await signedIn('4701');
    expect((await person.browser.get('/operator')).status).toBe(404);
    expect((await claim(person.browser, 'AAAA-AAAA-AAAA-AAAA')).status).toBe(409);
  });
});
