import { defineProvider } from '../definition.js';

/** X (Twitter) by OAuth 1.0a, documented in X's current developer pages; checked against them in August 2026. */
export const twitter = defineProvider({
  id: 'twitter',
  name: 'X (Twitter)',
  protocol: 'oauth1',
  category: 'social',
  mark: 'x',
  featured: true,
  signIn: true,
  oauth1: {
    requestToken: 'https://api.x.com/oauth/request_token',
    authorize: 'https://api.x.com/oauth/authorize',
    // Returns at once when the person approved the app before; `authorize` always asks.
    authenticate: 'https://api.x.com/oauth/authenticate',
    accessToken: 'https://api.x.com/oauth/access_token',
    signatureMethod: 'HMAC-SHA1',
    // Access tokens begin with the number of the account.
    subjectInToken: '(\\d{1,20})-\\w+',
    // "Invalid or expired token."
    tokenProblems: ['89'],
  },
  // The app's own registration decides between read and write; OAuth 1 has no scopes.
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: {
    url: 'https://api.x.com/2/users/me?user.fields=profile_image_url',
    // Never the user name: it can be changed, and taken over by somebody else afterwards.
    subject: 'data.id',
    name: 'data.name',
    username: 'data.username',
    picture: 'data.profile_image_url',
  },
  api: {
    baseUrls: ['https://api.x.com'],
    rateLimit: {
      limit: 'x-rate-limit-limit',
      remaining: 'x-rate-limit-remaining',
      reset: 'x-rate-limit-reset',
      resetIn: 'epoch',
    },
    billed: 'Reads cost money since 6 February 2026; reading a user costs $0.010, once for each user and day.',
  },
  revoke: { url: 'https://api.x.com/1.1/oauth/invalidate_token.json', style: 'signed' },
  manageUrl: 'https://x.com/settings/connected_apps',
  consoleUrl: 'https://console.x.com',
  docsUrl: 'https://docs.x.com/fundamentals/authentication/oauth-1-0a/overview',
  register: {
    steps: [
      'In the developer console, open the app and set up user authentication.',
      'Choose OAuth 1.0a with the permissions that the app needs, and enter the callback URL.',
      'Switch on "Sign in with X", or sign-in asks again every time.',
      'Take API key and secret from Keys and tokens: they are client id and client secret here.',
    ],
    callbackRule: 'Compared exactly, and has to be registered although every request names it.',
    needs: ['Credits: calls are refused when they are used up.'],
  },
  quirks: [
    'A person who cancels comes back with denied=<request token> and no error.',
    'Token answers are forms, labelled as HTML.',
    'Tokens do not expire; people can take them away at any time.',
    'Ids are beyond what a number holds exactly: they are strings.',
    'The signature covers the host that is called: api.x.com, not api.twitter.com.',
  ],
  limits: ['75 calls to /2/users/me in 15 minutes for each person.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'endpoints, answers, invalidate_token',
        basis: 'documented',
        source: 'https://docs.x.com/fundamentals/authentication/api-reference',
        date: '2026-08-22',
      },
      { claim: 'denied=<request token>', basis: 'reported' },
      {
        claim: 'prices',
        basis: 'documented',
        source: 'https://docs.x.com/x-api/getting-started/pricing',
        date: '2026-08-22',
      },
    ],
  },
  readings: [{ id: 'posts', reader: 'x/posts' }],
});
