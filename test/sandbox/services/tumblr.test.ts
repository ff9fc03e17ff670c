/** The Tumblr sample data. */
import { callAs, connect, jsonOf, type Running, removeFolder, start } from '../support.js';

interface Posts {
  readonly meta: { readonly status: number };
  readonly response: {
    readonly posts: readonly { id_string: string; timestamp: number; content?: readonly object[]; body?: string }[];
    readonly total_posts: number;
  };
}

let sandbox: Running;

beforeAll(async () => {
  sandbox = await start();
});

afterAll(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

test('lists the posts of one’s own blog, in blocks where they are asked for', async () => {
  await sandbox.control('user', { subject: 't:abc', username: 'mia' });
  const { access } = await connect(sandbox.origin, 'tumblr-oauth2');
  const call = (blog: string, query = '') =>
    callAs(sandbox.origin, `/api.tumblr.com/v2/blog/${encodeURIComponent(blog)}/posts${query}`, access);

  const first = await jsonOf<Posts>(call('t:abc', '?npf=true&limit=3'));
  expect(first).toMatchObject({ meta: { status: 200, msg: 'OK' }, response: { blog: { name: 'mia' } } });
  expect(first.response.posts).toHaveLength(3);
  expect(first.response.posts[0]?.content).toEqual([{ type: 'text', text: expect.any(String) }]);
  const times = first.response.posts.map(({ timestamp }) => timestamp);
  expect(times.toSorted((a, b) => b - a)).toEqual(times);

  const next = await jsonOf<Posts>(call('mia.tumblr.com', '?offset=2&limit=20'));
  expect(next.response.posts[0]?.id_string).toBe(first.response.posts[2]?.id_string);
  expect(next.response.posts[0]?.body).toMatch(/^<p>/);
  expect(next.response.posts).toHaveLength(20);

  expect((await call('somebody-else')).status).toBe(404);
});
