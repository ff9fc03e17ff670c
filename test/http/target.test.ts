import { HttpClient, HttpError } from '../../src/http/index.js';
import { checkTarget, originSet } from '../../src/http/target.js';
import { closeServers, rawServer } from './servers.js';
import { failure } from './settled.js';

function refusal(input: string | URL, origins?: ReadonlySet<string>): string {
  try {
    checkTarget(input, origins);
  } catch (error) {
    if (error instanceof HttpError && !error.sent && error.phase === 'connect') return error.code;
    throw error;
  }
  return 'allowed';
}

describe('schemes and credentials', () => {
  it.each([
    'https://api.example.com/x',
    'http://localhost:4000/',
    'http://127.0.0.1/',
    'http://127.9.8.7:1/',
    'http://[::1]:4000/',
    'http://127.1/',
    'http://0x7f000001/',
  ])('%s may be called', (url) => {
    expect(refusal(url)).toBe('allowed');
    expect(refusal(new URL(url))).toBe('allowed');
  });

  it.each([
    'http://api.example.com/',
    'http://localhost.example.com/',
    'http://localhost./',
    'http://127.0.0.1.example.com/',
    'http://0.0.0.0/',
    'http://10.0.0.1/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'ftp://localhost/',
    'file:///etc/passwd',
    'data:text/plain,secret',
    'ws://localhost/',
    'https://user:pass@api.example.com/',
    'https://user@api.example.com/',
    'https://:pass@api.example.com/',
  ])('%s is http_insecure', (url) => {
    expect(refusal(url)).toBe('http_insecure');
  });

  it.each(['', '/path', '//host/path', 'api.example.com', 'https://', 'http://[', 'https://a b/'])(
    '"%s" is http_invalid_request',
    (url) => {
      expect(refusal(url)).toBe('http_invalid_request');
    },
  );

  it('never puts more than host or scheme into a message', () => {
    for (const url of [
      'data:text/plain,s3cret',
      'http://a.example/s3cret?s3cret',
      'https://s3cret:s3cret@a.example/',
      'http://[s3cret',
    ]) {
      let error: unknown;
      try {
        checkTarget(url, undefined);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(HttpError);
      expect(`${(error as Error).stack}${JSON.stringify(error)}${(error as Error).cause}`).not.toContain('s3cret');
    }
  });
});

describe('allowed origins', () => {
  const origins = originSet(['https://api.example.com/ignored/path', 'https://b.example:8443']);

  it.each([
    ['https://api.example.com/v1', 'allowed'],
    ['https://API.EXAMPLE.COM:443/v1', 'allowed'],
    ['https://b.example:8443/', 'allowed'],
    ['https://b.example/', 'http_origin_not_allowed'],
    ['https://api.example.com:444/', 'http_origin_not_allowed'],
    ['https://api.example.com./', 'http_origin_not_allowed'],
    ['https://api.example.com.evil.example/', 'http_origin_not_allowed'],
    ['https://evil.example/https://api.example.com', 'http_origin_not_allowed'],
    ['https://evil.example\\@api.example.com/', 'http_origin_not_allowed'],
    ['https:evil.example', 'http_origin_not_allowed'],
    ['https://api.example.com@evil.example/', 'http_insecure'],
    ['http://api.example.com/', 'http_insecure'],
  ])('%s: %s', (url, expected) => {
    expect(refusal(url, origins)).toBe(expected);
  });

  it('an empty list allows nothing', () => {
    expect(refusal('https://api.example.com/', originSet([]))).toBe('http_origin_not_allowed');
  });

  it.each(['', 'api.example.com', 'ftp://api.example.com', 'data:x', 'blob:https://api.example.com/x'])(
    '"%s" is no origin',
    (entry) => {
      expect(() => originSet([entry])).toThrow(TypeError);
    },
  );

  it('no connection is made to any other', async () => {
    const server = await rawServer((socket) => socket.end());
    const client = new HttpClient();
    const bound = client.fetch({ origins: [`http://127.0.0.1:${server.port === 1 ? 2 : 1}`] });
    const error = await failure(bound(server.origin, { headers: { authorization: 'Bearer x' } }));
    expect([error.code, error.sent, error.host]).toEqual([
      'http_origin_not_allowed',
      false,
      `127.0.0.1:${server.port}`,
    ]);
    await failure(bound(new Request(server.origin)));
    await client.close();
    expect(server.sockets).toHaveLength(0);
    await closeServers();
  });

  it('neither path nor query can change the origin (sec-J1)', () => {
    for (const path of [
      '//e.example/x',
      '/\\e.example',
      '/@e.example',
      '/%2f%2fe.example',
      '/;@e.example',
      '/..//e.example',
      '/http://e.example',
    ]) {
      const target = checkTarget(`https://api.example.com${path}`, origins);
      expect(target.origin).toBe('https://api.example.com');
      expect(target.path.startsWith('/')).toBe(true);
    }
  });
});
