import session from 'express-session';
import { SessionStore, sessionRowId } from '../../src/db/session-store.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { type SessionApp, type SessionBrowser, startSessionApp } from './session-app.js';

const start = Date.UTC(2026, 10, 21, 12);
const minute = 60_000;
const day = 24 * 60 * minute;

describe('SessionStore behind express-session', () => {
  let db: TestDatabase;
  let now = start;
  let store: SessionStore;
  let app: SessionApp;
  let user: string;

  beforeAll(async () => {
    db = await testDatabase();
    store = new SessionStore(db.database.prisma, { now: () => now });
    app = await startSessionApp(store);
  });

  beforeEach(async () => {
    await db.reset();
    now = start;
    user = (await db.database.prisma.user.create({ data: {} })).id;
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  async function signedIn(as = user): Promise<SessionBrowser> {
    const person = app.browser();
    expect((await person.get(`/sign-in/${as}`)).status).toBe(200);
    return person;
  }
  const rows = () => db.database.prisma.webSession.findMany();

  test('keeps a session from request to request, under the hash of its id, with its user and browser', async () => {
    const person = await signedIn();
    await person.get('/note/hello');
    expect((await person.get('/who')).body).toEqual({ user, note: 'hello' });
    const sessionId = person.sessionId();
    expect(sessionId).toHaveLength(32);
    expect(await rows()).toMatchObject([
      { id: sessionRowId(sessionId), userId: user, userAgent: 'Test Browser/1.0', address: '127.0.0.1' },
    ]);
    expect(JSON.stringify(await rows())).not.toContain(sessionId);
  });

  test('writes nothing for visitors', async () => {
    expect(await app.browser().get('/who')).toMatchObject({ set: false, body: { user: null } });
    expect(await app.browser('sid=s:made-up.signature').get('/who')).toMatchObject({ body: { user: null } });
    expect(await rows()).toEqual([]);
  });

  test('the id changes at sign-in and the old one is dead', async () => {
    const person = await signedIn();
    const old = app.browser(person.cookie());
    await person.get(`/sign-in/${user}`);
    expect(person.cookie()).not.toBe(old.cookie());
    expect((await old.get('/who')).body).toEqual({ user: null, note: null });
    expect(await rows()).toHaveLength(1);
  });

  test('an ended session stays ended when a slow request finishes after it (sec-E8)', async () => {
    const person = await signedIn();
    const other = app.browser(person.cookie());
    const { arrived, release } = app.holdSlowRequest();
    const slow = person.get('/slow');
    await arrived;
    await other.get('/logout');
    release();
    expect(await slow).toMatchObject({ status: 200 });
    expect(await rows()).toEqual([]);
    expect((await person.get('/who')).body).toEqual({ user: null, note: null });
  });

  test('a session that is created and ended within one slow request stays ended', async () => {
    const data = await newSession();
    await save('fresh', data);
    await store.endAllOfUser(user);
    await save('fresh', Object.assign(data, { note: 'late' }));
    expect(await rows()).toEqual([]);
  });

  test('two writes of a new session at once are one row with the later content', async () => {
    const data = await newSession();
    const first = save('fresh', data);
    const second = save('fresh', Object.assign(data, { note: 'second' }));
    await Promise.all([first, second]);
    expect(await rows()).toMatchObject([{ data: { note: 'second' } }]);
  });

  test('ends after the idle limit, and using it in time moves the limit', async () => {
    const person = await signedIn();
    now = start + 13 * day;
    expect((await person.get('/who')).body.user).toBe(user);
    now = start + 26 * day;
    expect((await person.get('/who')).body.user).toBe(user);
    now = start + 41 * day;
    expect((await person.get('/who')).body.user).toBe(null);
    expect(await rows()).toEqual([]);
  });

  test('ends at the absolute limit however much it is used', async () => {
    const person = await signedIn();
    for (let days = 10; days < 90; days += 10) {
      now = start + days * day;
      expect((await person.get(`/note/day-${days}`)).status).toBe(200);
      expect((await person.get('/who')).body.note).toBe(`day-${days}`);
    }
    now = start + 90 * day - 1;
    expect((await person.get('/who')).body.user).toBe(user);
    now = start + 90 * day;
    expect((await person.get('/who')).body.user).toBe(null);
    expect(await rows()).toEqual([]);
  });

  test.each(['lastSeenAt', 'createdAt'])('obeys a %s that was aged in the database', async (column) => {
    const person = await signedIn();
    await db.database.prisma.webSession.updateMany({ data: { [column]: new Date(start - 90 * day) } });
    expect((await person.get('/who')).body.user).toBe(null);
    expect(await rows()).toEqual([]);
  });

  test('says that it is in use at most once a minute', async () => {
    const person = await signedIn();
    const seenAfter = async (ms: number) => {
      now = start + ms;
      await person.get('/who');
      return ((await rows())[0]?.lastSeenAt.getTime() ?? 0) - start;
    };
    expect(await seenAfter(minute - 1)).toBe(0);
    expect(await seenAfter(minute)).toBe(minute);
    expect(await seenAfter(minute + 1)).toBe(minute);
    expect(await seenAfter(5 * minute)).toBe(5 * minute);
  });

  test.each(['', '\0', "'; DROP TABLE", 'x'.repeat(100_000), '\ud800'])(
    'an unknown id is no session: %j',
    async (id) => {
      await expect(load(id.slice(0, 200_000))).resolves.toBeNull();
    },
  );

  test('lists, ends one and ends all sessions of a person, and only theirs', async () => {
    const stranger = await signedIn((await db.database.prisma.user.create({ data: {} })).id);
    const phone = await signedIn();
    now = start + 5 * minute;
    const laptop = await signedIn();
    const listed = await store.listOfUser(user);
    expect(listed.map(({ id }) => id)).toEqual([laptop, phone].map((one) => sessionRowId(one.sessionId())));
    expect(listed[0]).toEqual({
      id: expect.any(String),
      createdAt: new Date(now),
      lastSeenAt: new Date(now),
      userAgent: 'Test Browser/1.0',
      address: '127.0.0.1',
    });

    const strangers = sessionRowId(stranger.sessionId());
    expect(await store.endOne(user, strangers)).toBe(false);
    expect(await store.endOne(user, 'not-an-id\0')).toBe(false);
    expect(await store.endOne(user, listed[1]?.id ?? '')).toBe(true);
    expect((await phone.get('/who')).body.user).toBe(null);

    const tablet = await signedIn();
    expect(await store.endAllOfUser(user, tablet.sessionId())).toBe(1);
    expect((await laptop.get('/who')).body.user).toBe(null);
    expect((await tablet.get('/who')).body.user).toBe(user);
    expect(await store.endAllOfUser(user)).toBe(1);
    expect((await tablet.get('/who')).body.user).toBe(null);
    expect((await stranger.get('/who')).body.user).not.toBe(null);
  });

  test('does not list what has expired', async () => {
    await signedIn();
    now = start + 14 * day;
    expect(await store.listOfUser(user)).toEqual([]);
  });

  test('deleting the person ends their sessions', async () => {
    const person = await signedIn();
    await db.database.prisma.user.delete({ where: { id: user } });
    expect((await person.get('/who')).body.user).toBe(null);
  });

  test('an outage is an error, not "no session", and the cookie survives it', async () => {
    const person = await signedIn();
    const broken = await testDatabase();
    const original = Object.getOwnPropertyDescriptor(store, 'get');
    const elsewhere = new SessionStore(broken.database.prisma, { now: () => now });
    await broken.database.close();
    store.get = elsewhere.get.bind(elsewhere);
    try {
      expect(await person.get('/who')).toEqual({
        status: 503,
        set: false,
        body: { code: 'session_store_unavailable' },
      });
    } finally {
      if (original === undefined) Reflect.deleteProperty(store, 'get');
      await broken.close();
    }
    expect((await person.get('/who')).body.user).toBe(user);
    await expect(save('x', await newSession(), elsewhere)).rejects.toMatchObject({ code: 'session_store_unavailable' });
    await expect(
      new Promise((resolve, reject) => elsewhere.destroy('x', (error) => (error ? reject(error) : resolve(undefined)))),
    ).rejects.toMatchObject({ code: 'session_store_unavailable' });
  });

  function load(id: string): Promise<unknown> {
    return new Promise((resolve, reject) => store.get(id, (error, data) => (error ? reject(error) : resolve(data))));
  }
  function save(id: string, data: session.SessionData, into = store): Promise<void> {
    return new Promise((resolve, reject) => into.set(id, data, (error) => (error ? reject(error) : resolve())));
  }
  async function newSession(): Promise<session.SessionData> {
    return { cookie: new session.Cookie(), passport: { user } };
  }
});
