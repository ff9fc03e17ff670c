/** The GitHub sample data. */
import { callAs, callerAs, connect, jsonOf, type Running, removeFolder, start } from '../support.js';

let sandbox: Running;

beforeAll(async () => {
  sandbox = await start();
});

afterAll(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('GitHub', () => {
  test('keeps addresses out of the profile and behind their scope', async () => {
    await sandbox.control('user', { subject: '77', email: 'mia@example.com', emailVerified: true });
    const { access } = await connect(sandbox.origin, 'github');
    const user = callAs(sandbox.origin, '/api.github.com/user', access);
    expect(await jsonOf(user)).toMatchObject({ id: 77, login: 'person-77', email: null });
    const emails = callAs(sandbox.origin, '/api.github.com/user/emails', access);
    expect(await jsonOf(emails)).toEqual([
      { email: 'mia@example.com', primary: true, verified: true, visibility: 'private' },
    ]);
    const narrow = await connect(sandbox.origin, 'github', { scope: 'read:user' });
    expect((await callAs(sandbox.origin, '/api.github.com/user/emails', narrow.access)).status).toBe(403);
  });

  test('lists repositories in pages, the freshest first', async () => {
    type Repositories = { full_name: string; updated_at: string }[];
    const call = await callerAs(sandbox, 'github', '4711');
    const all = await jsonOf<Repositories>(call('/api.github.com/user/repos?per_page=100&sort=updated'));
    expect(all.length).toBeGreaterThanOrEqual(3);
    expect(new Set(all.map((each) => each.full_name)).size).toBe(all.length);
    const times = all.map((each) => each.updated_at);
    expect([...times].sort().reverse()).toEqual(times);
    const second = await jsonOf<Repositories>(call('/api.github.com/user/repos?per_page=2&page=2'));
    expect(second).toEqual(all.slice(2, 4));
  });
});
