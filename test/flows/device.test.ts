/** Connecting by a code that is typed elsewhere: what is asked for, and what each way of ending means. */
import type { Sessions } from '../../src/connections/index.js';
import { beginDeviceFlow, type FlowRefused } from '../../src/flows/index.js';
import { HttpError } from '../../src/http/index.js';
import { OAuth2Error, type OAuth2ErrorCode, OAuth2RequestError, OAuth2Token } from '../../src/oauth2/index.js';
import { builtInDefinitions, createCatalogue } from '../../src/providers/index.js';

const catalogue = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: 'http://localhost:4000' });
function providerOf(id: string) {
  const provider = catalogue.get(id);
  if (!provider) throw new Error(`There is no ${id}.`);
  return provider;
}
const error = (code: OAuth2ErrorCode) => new OAuth2Error(code, 'no');
const away = () =>
  new OAuth2RequestError('no', false, new HttpError('http_unreachable', 'no', { host: 'a.example', phase: 'connect' }));
const code = {
  userCode: 'ABCD-EFGH',
  verificationUri: 'https://a.example/device',
  verificationUriComplete: undefined,
  expiresAt: new Date(600_000),
};

/** Sessions whose one session answers the start like this, and the wait for the person like that. */
function sessionsWith(start: Error | undefined, wait: unknown) {
  const asked: unknown[] = [];
  const session = {
    startDeviceAuthorization: async (options: unknown) => {
      asked.push(options);
      if (start) throw start;
      return {
        ...code,
        token: async (options: unknown) => {
          asked.push(options);
          if (wait instanceof OAuth2Token) return wait;
          throw wait;
        },
      };
    },
    fetch: async () => Response.json({ id: 4711, login: 'octo' }),
  };
  const sessions = { oauth2Flow: async () => session } as unknown as Sessions;
  return { asked, begin: (id: string, more: object = {}) => begin(sessions, id, more) };
}
const begin = (sessions: Sessions, id: string, { signal, ...more }: { signal?: AbortSignal; scopes?: string[] }) =>
  beginDeviceFlow({ sessions, now: () => 7_000 }, { provider: providerOf(id), ...more }, signal);

test('the definition’s scopes are asked for, those that were named instead of them, and always `openid` of an issuer', async () => {
  const { asked, begin: start } = sessionsWith(undefined, error('oauth2_denied'));
  const { signal } = new AbortController();
  expect(await start('github')).toMatchObject(code);
  await start('github', { scopes: ['gist'], signal });
  await start('google', { scopes: ['email'] });
  await start('google', { scopes: ['email', 'openid'] });
  expect(asked).toEqual([
    { scopes: providerOf('github').definition.scopes.connect },
    { scopes: ['gist'], signal },
    { scopes: ['openid', 'email'] },
    { scopes: ['email', 'openid'] },
  ]);
});

test('there is no such way in OAuth 1, or where nobody names its address', async () => {
  const { asked, begin: start } = sessionsWith(error('oauth2_endpoint_missing'), undefined);
  expect(await start('twitter')).toBeUndefined();
  expect(asked).toEqual([]);
  expect(await start('github')).toBeUndefined();
});

test.each<[string, Error, FlowRefused['code']]>([
  ['refuses our client', error('oauth2_invalid_client'), 'provider_misconfigured'],
  ['is away', away(), 'provider_unreachable'],
  ['answers nonsense', error('oauth2_response_malformed'), 'provider_nonsense'],
])('a provider that %s is trouble, not a missing way', async (_what, cause, refusal) => {
  await expect(sessionsWith(cause, undefined).begin('github')).rejects.toMatchObject({ code: refusal, cause });
});

test.each<[string, Error, FlowRefused['code']]>([
  ['says no', error('oauth2_denied'), 'denied'],
  ['takes too long', error('oauth2_device_code_expired'), 'flow_expired'],
  ['has a provider that goes away', away(), 'provider_unreachable'],
  ['has a provider that refuses our client', error('oauth2_unauthorized_client'), 'provider_misconfigured'],
])('a person who %s', async (_what, cause, refusal) => {
  const flow = await sessionsWith(undefined, cause).begin('github');
  await expect(flow?.grant()).rejects.toMatchObject({ code: refusal, cause });
});

test('a person who says yes: the grant is of the account that the provider names then', async () => {
  const token = new OAuth2Token({ accessToken: 'of the person' });
  const { begin: start } = sessionsWith(undefined, token);
  const usual = await (await start('github'))?.grant();
  expect(usual).toMatchObject({ account: { subject: '4711' }, intent: 'connect', receivedAt: 7_000 });
  expect(usual?.credentials).toEqual({ protocol: 'oauth2', token });
  expect(usual).not.toHaveProperty('asked');
  expect(await (await start('github', { scopes: ['gist'] }))?.grant()).toMatchObject({ asked: ['gist'] });
});

test('whoever stops waiting gets their own reason back', async () => {
  const reason = new DOMException('Ctrl-C', 'AbortError');
  const { asked, begin: start } = sessionsWith(undefined, reason);
  const { signal } = new AbortController();
  await expect((await start('github'))?.grant(signal)).rejects.toBe(reason);
  expect(asked.at(-1)).toEqual({ signal });
});
