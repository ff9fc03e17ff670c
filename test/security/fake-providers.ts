/** Three made-up providers, one for each protocol, in the smallest form that is allowed; the sandbox plays them. */

export type FakeProtocol = 'oauth1' | 'oauth2' | 'oidc';

export const fakeIds: Readonly<Record<FakeProtocol, string>> = { oauth1: 'mallow', oauth2: 'nettle', oidc: 'osier' };

/** Of the OpenID provider the sandbox itself says where its endpoints are. */
const endpoints = {
  oauth1: { temporary: '/temporary', authorize: '/authorize', token: '/token', profile: '/me', revoke: '/revoke' },
  oauth2: { temporary: '', authorize: '/authorize', token: '/token', profile: '/me', revoke: '/revoke' },
  oidc: { temporary: '', authorize: '/authorize', token: '/token', profile: '/userinfo', revoke: '/revoke' },
} as const;

export function fakePath(protocol: FakeProtocol, endpoint: keyof (typeof endpoints)['oauth1']): string {
  return `/${fakeIds[protocol]}.example${endpoints[protocol][endpoint]}`;
}

/** @param origin what stands before the host: `https:/` for the real thing, a sandbox's origin for a stand-in that is called directly */
export function definitionsAt(origin: string): readonly ({ readonly id: string } & Record<string, unknown>)[] {
  const at = (protocol: FakeProtocol) => `${origin}/${fakeIds[protocol]}.example`;
  const url = (protocol: FakeProtocol, endpoint: Parameters<typeof fakePath>[1]) =>
    origin + fakePath(protocol, endpoint);
  const common = (protocol: FakeProtocol) => ({
    id: fakeIds[protocol],
    name: `Fake ${fakeIds[protocol]}`,
    protocol,
    pkce: 'supported',
    signIn: true,
    api: { baseUrls: [at(protocol)] },
  });
  return [
    {
      ...common('oauth1'),
      oauth1: {
        requestToken: url('oauth1', 'temporary'),
        authorize: url('oauth1', 'authorize'),
        accessToken: url('oauth1', 'token'),
        signatureMethod: 'HMAC-SHA1',
      },
      scopes: { signIn: [], connect: [] },
      profile: { url: url('oauth1', 'profile'), subject: 'data.id' },
    },
    {
      ...common('oauth2'),
      authorize: { url: url('oauth2', 'authorize') },
      token: { url: url('oauth2', 'token'), clientAuth: 'post' },
      scopes: { signIn: ['me'], connect: ['me', 'data'] },
      profile: { url: url('oauth2', 'profile'), subject: 'user.uid', name: 'user.name', picture: 'user.picture' },
      revoke: { url: url('oauth2', 'revoke') },
    },
    {
      ...common('oidc'),
      issuer: at('oidc'),
      scopes: { signIn: ['openid'], connect: ['openid', 'email'] },
      profile: { subject: 'sub', name: 'name', email: 'email', emailVerified: 'email_verified' },
    },
  ];
}
