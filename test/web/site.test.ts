import { isLoopbackHost, siteAt } from '../../src/web/site.js';

it.each([
  ['https://app.example.com', 'https://app.example.com', '', true, false],
  ['https://app.example.com/', 'https://app.example.com', '', true, false],
  ['https://app.example.com:443/people', 'https://app.example.com', '/people', true, false],
  ['https://app.example.com:8443/a/b//', 'https://app.example.com:8443', '/a/b', true, false],
  ['http://localhost:3000', 'http://localhost:3000', '', false, true],
  ['http://127.0.0.1:3000/app', 'http://127.0.0.1:3000', '/app', false, true],
  ['http://[::1]:3000', 'http://[::1]:3000', '', false, true],
  ['https://localhost', 'https://localhost', '', true, true],
])('%s', (baseUrl, origin, basePath, secure, loopback) => {
  const site = siteAt(baseUrl);
  expect(site).toMatchObject({ origin, basePath, secure, loopback });
  expect(site.path('/')).toBe(`${basePath}/`);
  expect(site.path('/connections/1?a=b')).toBe(`${basePath}/connections/1?a=b`);
});

it('the callback to register is the same for both intents, and another one for each provider (sec-O5)', () => {
  const site = siteAt('https://app.example.com/people/');
  const ids = ['x', 'google', 'google-health'];
  expect(ids.map((id) => site.callbackUrl(id))).toEqual(
    ids.map((id) => `https://app.example.com/people/auth/${id}/callback`),
  );
});

it.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])('%s is this machine', (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

it.each([
  'localhost.evil.test',
  'evil-localhost',
  '127.0.0.1.evil.test',
  '127.0.0.1:3000',
  '1127.0.0.1',
  '10.0.0.1',
  '0.0.0.0',
  '[::]',
  '[::ffff:10.0.0.1]',
  '',
])('%s is not', (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});
