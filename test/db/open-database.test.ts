import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { openDatabase } from '../../src/db/index.js';

const secrets = /bob|hunter2/;

async function refusal(url: string): Promise<{ code?: string; message: string }> {
  const opened = await openDatabase({ url }).catch((error: Error & { code?: string }) => error);
  if (!(opened instanceof Error)) throw new Error('It was opened.');
  expect(inspect(opened, { depth: 5 })).not.toMatch(secrets);
  expect(JSON.stringify(opened)).not.toMatch(secrets);
  return opened;
}

describe('openDatabase with a DATABASE_URL that does not work', () => {
  test.each([
    ['mysql://bob:hunter2@127.0.0.1/db', /^DATABASE_URL must begin with postgresql:\/\/\.$/],
    ['postgresql://bob:hunter2@127.0.0.1:99999/db', /^DATABASE_URL is not a URL that can be read/],
    ['postgresql://bob:hunter2@127.0.0.1/db?schema=app', /^DATABASE_URL names another schema than public/],
  ])('%s is no URL for us', async (url, message) => {
    expect(await refusal(url)).toMatchObject({ code: 'database_url_invalid', message: expect.stringMatching(message) });
  });

  test.each([
    ['postgresql://bob:hunter2@127.0.0.1:1/db', '127.0.0.1:1', 'nothing listens there'],
    ['postgresql://bob:hunter2@[::1]:1/db', '[::1]:1', ''],
    ['postgresql://bob:hunter2@nowhere.invalid/db', 'nowhere.invalid:5432', 'the host name'],
    ['postgresql://bob:hunter2@/db?host=/nonexistent', '/nonexistent', 'nothing listens there'],
  ])('%s is unreachable, in one sentence with host and port', async (url, address, reason) => {
    const { code, message } = await refusal(url);
    expect(code).toBe('database_unreachable');
    expect(message).toContain(`The database of DATABASE_URL at ${address} cannot be reached: ${reason}`);
  });

  test('a server that takes connections and says nothing is given up after three seconds', async () => {
    const mute = createServer((visitor) => visitor.resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const startedAt = performance.now();
    expect(await refusal(`postgresql://bob:hunter2@127.0.0.1:${port}/db`)).toMatchObject({
      code: 'database_unreachable',
      message: `The database of DATABASE_URL at 127.0.0.1:${port} cannot be reached: it does not answer.`,
    });
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    await new Promise((resolve) => mute.close(resolve));
  });
});
