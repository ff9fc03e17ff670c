/** The X sample data. */
import { callAs, callerAs, connect, jsonOf, type Running, removeFolder, start } from '../support.js';

let sandbox: Running;

beforeAll(async () => {
  sandbox = await start();
});

afterAll(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('X', () => {
  test('needs both scopes', async () => {
    const call = await callerAs(sandbox, 'x', '12345', 'users.read');
    const response = await call('/api.x.com/2/users/me');
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ title: 'Forbidden', status: 403 });
  });

  test('posts have rising ids, and a time when it is asked for', async () => {
    interface Posts {
      data: { id: string; text: string; created_at?: string }[];
      meta: { result_count: number; newest_id: string };
    }
    const call = await callerAs(sandbox, 'x', '12345');
    const posts = await jsonOf<Posts>(call('/api.x.com/2/users/12345/tweets?max_results=5&tweet.fields=created_at'));
    expect(posts.data).toHaveLength(5);
    expect(posts.meta).toMatchObject({ result_count: 5, newest_id: posts.data[0]?.id });
    const ids = posts.data.map((post) => BigInt(post.id));
    expect(ids.every((id, index) => index === 0 || id < (ids[index - 1] ?? 0n))).toBe(true);
    expect(posts.data.every((post) => (post.created_at ?? '') < '2026-11-20')).toBe(true);
    const plain = await jsonOf<Posts>(call('/api.x.com/2/users/12345/tweets'));
    expect(plain.data).toHaveLength(10);
    expect(plain.data[0]).not.toHaveProperty('created_at');
    const other = await jsonOf<Posts>(
      (await callerAs(sandbox, 'x', '67890'))('/api.x.com/2/users/67890/tweets?max_results=5'),
    );
    expect(other.data.map((post) => post.id)).not.toEqual(posts.data.map((post) => post.id));
  });

  test('refuses odd page sizes and knows nobody else', async () => {
    const call = await callerAs(sandbox, 'x', '12345');
    expect((await call('/api.x.com/2/users/12345/tweets?max_results=4')).status).toBe(400);
    const other = await jsonOf<{ errors: { title: string }[] }>(call('/api.x.com/2/users/999/tweets'));
    expect(other.errors[0]?.title).toBe('Not Found Error');
  });

  test('shows the picture only when it is asked for', async () => {
    await sandbox.control('user', { subject: '5', picture: 'https://pictures.example/5.png' });
    const { access } = await connect(sandbox.origin, 'x');
    const plain = await jsonOf<{ data: object }>(callAs(sandbox.origin, '/api.x.com/2/users/me', access));
    expect(plain.data).not.toHaveProperty('profile_image_url');
    const asked = callAs(sandbox.origin, '/api.x.com/2/users/me?user.fields=profile_image_url', access);
    expect(await jsonOf<{ data: object }>(asked)).toMatchObject({
      data: { profile_image_url: 'https://pictures.example/5.png' },
    });
  });
});
