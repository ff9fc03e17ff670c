/** What every API says to credentials that do not hold. */
import {
  callAs,
  connect,
  get,
  type OAuth2Provider,
  oauth2Facts,
  type Running,
  removeFolder,
  start,
} from '../support.js';

let sandbox: Running;

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('credentials that do not hold', () => {
  const shapes: [OAuth2Provider, string, unknown][] = [
    ['fitbit', oauth2Facts.fitbit.profile, { success: false, errors: [{ errorType: 'invalid_token' }] }],
    ['x', oauth2Facts.x.profile, { title: 'Unauthorized', status: 401 }],
    ['github', oauth2Facts.github.profile, { message: 'Bad credentials' }],
    ['google', oauth2Facts.google.profile, { error: 'invalid_request' }],
    ['google-health', oauth2Facts['google-health'].profile, { error: { code: 401, status: 'UNAUTHENTICATED' } }],
  ];

  test.each(shapes)('%s answers 401 in its own words', async (provider, path, shape) => {
    const response = await callAs(sandbox.origin, path, 'sbx_at_invented');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer error="invalid_token"');
    expect(await response.json()).toMatchObject(shape as object);
    const anonymous = await get(`${sandbox.origin}${path}`);
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get('www-authenticate')).toBe('Bearer');
    const { access } = await connect(sandbox.origin, provider);
    const inQuery = await get(`${sandbox.origin}${path}?access_token=${access}`);
    expect(inQuery.status).toBe(401);
  });

  test('a token opens no other provider', async () => {
    const { access } = await connect(sandbox.origin, 'fitbit');
    for (const provider of ['x', 'github', 'google', 'google-health'] as const) {
      expect((await callAs(sandbox.origin, oauth2Facts[provider].profile, access)).status).toBe(401);
    }
  });

  test('Fitbit tells an expired token from an unknown one', async () => {
    const { access } = await connect(sandbox.origin, 'fitbit');
    sandbox.clock.now += 28_800_000;
    const response = await callAs(sandbox.origin, oauth2Facts.fitbit.profile, access);
    expect(await response.json()).toMatchObject({ errors: [{ errorType: 'expired_token' }] });
  });

  test('places without an API are 404', async () => {
    expect((await get(`${sandbox.origin}/api.unknown.example/x`)).status).toBe(404);
    expect((await get(`${sandbox.origin}/www.fitbit.com/x`)).status).toBe(404);
  });
});
