import { defineProvider } from '../definition.js';

/** Bitbucket Cloud. Atlassian's, but not its 3LO: no auth.atlassian.com, no audience, no offline_access. */
export const bitbucket = defineProvider({
  id: 'bitbucket',
  name: 'Bitbucket',
  protocol: 'oauth2',
  category: 'code',
  mark: 'bitbucket',
  signIn: true,
  authorize: { url: 'https://bitbucket.org/site/oauth2/authorize' },
  token: {
    url: 'https://bitbucket.org/site/oauth2/access_token',
    clientAuth: 'basic',
    lifetimeSeconds: 7200,
    // Granted scopes stand in the plural.
    rules: { rename: { scopes: 'scope' } },
  },
  // Ticked on the consumer; what is asked for can only narrow that.
  scopes: { signIn: ['account', 'email'], connect: ['account', 'email'] },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  // The classic guide lets a refresh token be used again, Amazon's documents of 2026 speak of rotation: the careful reading is taken.
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://api.bitbucket.org/2.0/user',
    // With its braces. Names and nicknames can be changed.
    subject: 'uuid',
    name: 'display_name',
    username: 'nickname',
    picture: 'links.avatar.href',
    more: [
      {
        url: 'https://api.bitbucket.org/2.0/user/emails',
        list: 'values',
        select: { is_primary: true, is_confirmed: true },
        email: 'email',
        emailVerified: 'is_confirmed',
      },
    ],
  },
  api: {
    baseUrls: ['https://api.bitbucket.org/2.0'],
    rateLimit: { limit: 'X-RateLimit-Limit' },
  },
  manageUrl: 'https://bitbucket.org/account/settings/app-authorizations/',
  consoleUrl: 'https://bitbucket.org/',
  docsUrl: 'https://developer.atlassian.com/cloud/bitbucket/oauth-2',
  register: {
    steps: [
      'In the settings of a workspace, add an OAuth consumer and mark it as private.',
      'Enter the callback URL and tick the permissions Account: Read and Email.',
    ],
    callbackRule: 'One for each consumer; a longer address has to begin with it.',
  },
  quirks: [
    'A consumer of OAuth 1 becomes a client of OAuth 2 as soon as it has a callback URL.',
    'App passwords ended on 9 June 2026.',
  ],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'requests',
        basis: 'documented',
        source: 'https://developer.atlassian.com/cloud/bitbucket/oauth-2',
        date: '2026-01-12',
      },
      { claim: 'granted scopes in the plural', basis: 'reported' },
      { claim: 'whether refresh tokens rotate', basis: 'reported' },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
