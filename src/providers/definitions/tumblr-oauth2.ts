import { defineProvider } from '../definition.js';
import { tumblr } from './tumblr.js';

/** Tumblr by OAuth 2, to be preferred for new connections. */
export const tumblrOAuth2 = defineProvider({
  id: 'tumblr-oauth2',
  name: 'Tumblr',
  protocol: 'oauth2',
  // The same account ids as over OAuth 1.
  namespace: 'tumblr',
  category: 'social',
  mark: 'tumblr',
  signIn: false,
  authorize: { url: 'https://www.tumblr.com/oauth2/authorize' },
  token: {
    url: 'https://api.tumblr.com/v2/oauth2/token',
    clientAuth: 'post',
    // 42 minutes; `id_token: false` stands beside it and means that there is none.
    lifetimeSeconds: 2520,
  },
  scopes: { signIn: ['basic'], connect: ['basic', 'offline_access'] },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  refresh: { mode: 'rotating' },
  profile: tumblr.profile,
  api: { baseUrls: ['https://api.tumblr.com/v2'] },
  manageUrl: 'https://www.tumblr.com/settings/apps',
  consoleUrl: 'https://www.tumblr.com/oauth/apps',
  docsUrl: 'https://github.com/tumblr/docs/blob/master/api.md',
  register: {
    steps: [
      'Register an application, or edit the one you have.',
      'Enter the callback URL among the OAuth2 redirect URLs: without one, OAuth 2 is not available to the application.',
    ],
  },
  quirks: [
    'Every API answer is wrapped in {meta, response}.',
    'There is no refresh token without the scope offline_access.',
    'The User-Agent has to be there and to stay the same, or the application may be suspended.',
  ],
  limits: ['300 calls a minute and IP address; 1,000 an hour and 5,000 a day for each consumer key.'],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: "The newest stored version of Tumblr's pages is of October 2024; programs of 2026 use the same endpoints.",
    claims: [
      {
        claim: 'requests and answers',
        basis: 'documented',
        source: 'https://github.com/tumblr/docs/blob/708be10978b23e29eb4bc97109dd11f30be3e12b/api.md',
        date: '2024-10-18',
      },
      { claim: 'each refresh brings a new refresh token', basis: 'documented' },
      { claim: 'PKCE is ignored', basis: 'inferred' },
      { claim: 'the primary blog stands first', basis: 'inferred' },
    ],
  },
  readings: [{ id: 'posts', reader: 'tumblr/posts', scopes: ['basic'] }],
});
