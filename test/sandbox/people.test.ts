/** Who consents, and what the services then say about them. */
import {
  authorizationParameters,
  callAs,
  connect,
  formOf,
  get,
  oauth2Facts,
  pkce,
  type Running,
  removeFolder,
  start,
} from './support.js';

let sandbox: Running;

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('who consents', () => {
  async function profileOf(provider: 'fitbit' | 'github' | 'google'): Promise<Record<string, unknown>> {
    const { access } = await connect(sandbox.origin, provider);
    return (await (await callAs(sandbox.origin, oauth2Facts[provider].profile, access)).json()) as Record<
      string,
      unknown
    >;
  }

  test('is chosen for every provider, and shown on the page', async () => {
    await sandbox.control('user', {
      subject: '70077',
      username: 'mia',
      name: 'Mia Muster',
      email: 'mia@example.com',
      emailVerified: false,
      picture: 'https://pictures.example/mia.png',
    });
    expect(await profileOf('google')).toEqual({
      sub: '70077',
      name: 'Mia Muster',
      given_name: 'Mia',
      family_name: 'Muster',
      picture: 'https://pictures.example/mia.png',
      email: 'mia@example.com',
      email_verified: false,
    });
    expect(await profileOf('fitbit')).toMatchObject({
      user: {
        encodedId: '70077',
        fullName: 'Mia Muster',
        displayName: 'mia',
        avatar150: 'https://pictures.example/mia.png',
      },
    });
    const query = new URLSearchParams(authorizationParameters('github', pkce().challenge));
    const page = await (await get(`${sandbox.origin}${oauth2Facts.github.authorize}?${query}`)).text();
    for (const shown of ['Mia Muster', 'mia', '70077', 'mia@example.com']) expect(page).toContain(shown);
    expect(formOf(page).fields.has('subject')).toBe(false);
  });

  test('is chosen for one provider only, until somebody else is chosen for all', async () => {
    await sandbox.control('user', { subject: 'G1', provider: 'google' });
    expect(await profileOf('google')).toMatchObject({ sub: 'G1' });
    expect(await profileOf('fitbit')).toMatchObject({ user: { encodedId: '7XJ2QP' } });
    await sandbox.control('user', { subject: 'ALL' });
    expect(await profileOf('google')).toMatchObject({ sub: 'ALL' });
  });

  test('keeps numeric ids numeric to the last digit, and others as text', async () => {
    const idOf = async (subject: string) => {
      await sandbox.control('user', { subject });
      const { access } = await connect(sandbox.origin, 'github');
      return /"id":([^,]+),/.exec(await (await callAs(sandbox.origin, '/api.github.com/user', access)).text())?.[1];
    };
    expect(await idOf('9007199254740993')).toBe('9007199254740993');
    expect(await idOf('123456789012345678901234567890')).toBe('123456789012345678901234567890');
    expect(await idOf('007')).toBe('"007"');
    expect(await idOf('abc')).toBe('"abc"');
  });

  test('leaves out what is not known', async () => {
    await sandbox.control('user', { subject: 'quiet' });
    const answer = await profileOf('google');
    expect(answer).toMatchObject({ sub: 'quiet' });
    expect(answer).not.toHaveProperty('email');
    expect(answer).not.toHaveProperty('email_verified');
    expect(answer).not.toHaveProperty('picture');
  });

  test('may have a number for an id, and null for what is not known', async () => {
    await sandbox.control('user', { subject: 4711, name: null, email: null, emailVerified: null, provider: null });
    const answer = await profileOf('google');
    expect(answer).toEqual({ sub: '4711', name: 'Person 4711', given_name: 'Person', family_name: '4711' });
  });

  test('may have the flag as text', async () => {
    await sandbox.control('user', { subject: 'a', email: 'a@example.com', emailVerified: 'true' });
    expect(await profileOf('google')).toMatchObject({ email_verified: 'true' });
  });

  test('changes what existing grants show when described again', async () => {
    await sandbox.control('user', { subject: '1', name: 'Before' });
    const { access } = await connect(sandbox.origin, 'google');
    await sandbox.control('user', { subject: '1', name: 'After' });
    await sandbox.control('user', { subject: '2', name: 'Somebody else' });
    const answer = await callAs(sandbox.origin, oauth2Facts.google.profile, access);
    expect(await answer.json()).toMatchObject({ sub: '1', name: 'After' });
  });
});

describe('the health account', () => {
  async function identity(): Promise<Record<string, unknown>> {
    const { access } = await connect(sandbox.origin, 'google-health');
    return (await (await callAs(sandbox.origin, oauth2Facts['google-health'].profile, access)).json()) as Record<
      string,
      unknown
    >;
  }

  test('names the Fitbit account of the same person', async () => {
    expect(await identity()).toEqual({
      name: 'users/me/identity',
      healthUserId: '4f8a1c96-2d3b-4e57-9a60-71c5b2e8d034',
      legacyUserId: '7XJ2QP',
    });
    await sandbox.control('user', { subject: 'H-1', provider: 'google-health' });
    const alone = await identity();
    expect(alone.healthUserId).toBe('H-1');
    expect(alone.legacyUserId).toMatch(/^[A-Z0-9]{6}$/);
    expect(alone.legacyUserId).not.toBe('7XJ2QP');
    await sandbox.control('user', { subject: 'F-1', provider: 'fitbit' });
    expect(await identity()).toMatchObject({ healthUserId: 'H-1', legacyUserId: 'F-1' });
    await sandbox.control('user', { subject: 'SAME' });
    expect(await identity()).toMatchObject({ healthUserId: 'SAME', legacyUserId: 'SAME' });
  });
});
