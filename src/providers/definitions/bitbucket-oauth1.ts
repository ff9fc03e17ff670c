import { defineProvider } from '../definition.js';

/** Bitbucket as the earlier systems used it; its endpoints answer 401 to everybody, so this lives in the sandbox. */
export const bitbucketOAuth1 = defineProvider({
  id: 'bitbucket-oauth1',
  name: 'Bitbucket (OAuth 1.0)',
  protocol: 'oauth1',
  namespace: 'bitbucket',
  earlier: 'Earlier Bitbucket',
  category: 'code',
  mark: 'bitbucket',
  status: {
    state: 'shut',
    sunset: '2026-03-01',
    successor: 'bitbucket',
    note: 'Bitbucket ended OAuth 1.0. The same consumer works with OAuth 2 once it has a callback URL; each person consents again.',
  },
  signIn: false,
  oauth1: {
    requestToken: 'https://bitbucket.org/!api/1.0/oauth/request_token',
    authorize: 'https://bitbucket.org/!api/1.0/oauth/authenticate',
    accessToken: 'https://bitbucket.org/!api/1.0/oauth/access_token',
    signatureMethod: 'HMAC-SHA1',
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  // API 1.0 told only names; API 2.0, which took signed calls as well, tells the id that OAuth 2 tells today.
  profile: {
    url: 'https://api.bitbucket.org/2.0/user',
    subject: 'uuid',
    name: 'display_name',
    username: 'nickname',
    picture: 'links.avatar.href',
  },
  api: { baseUrls: ['https://api.bitbucket.org/2.0'] },
  manageUrl: 'https://bitbucket.org/account/settings/app-authorizations/',
  docsUrl: 'https://developer.atlassian.com/cloud/bitbucket/oauth-2',
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'request_token answers 401',
        basis: 'reported',
        source: 'https://github.com/codecov/umbrella/pull/772',
        date: '2026-03-01',
      },
      { claim: 'the day of its end is that of the report', basis: 'inferred' },
    ],
  },
});
