import { defineProvider } from '../definition.js';

const INVALID_TOKEN = 'Value passed for the token was invalid.';
const INVALID_CODE = 'Value passed for the authorization code was invalid.';

/** X by OAuth 2 with PKCE; checked against X's developer pages in August 2026. */
export const x = defineProvider({
  id: 'x',
  name: 'X',
  protocol: 'oauth2',
  category: 'social',
  mark: 'x',
  featured: true,
  // The same accounts as over OAuth 1, so a person is recognised whichever way they come.
  namespace: 'twitter',
  signIn: true,
  authorize: { url: 'https://x.com/i/oauth2/authorize' },
  // Confidential clients must use Basic; the authorization code lives 30 seconds.
  token: {
    url: 'https://api.x.com/2/oauth2/token',
    clientAuth: 'basic',
    lifetimeSeconds: 7200,
    rules: {
      // X calls a spent or withdrawn code or refresh token an invalid request; only its words tell that the grant is over.
      errors: [
        {
          path: 'error_description',
          equals: INVALID_TOKEN,
          code: 'error_description',
          description: 'error_description',
        },
        {
          path: 'error_description',
          equals: INVALID_CODE,
          code: 'error_description',
          description: 'error_description',
        },
      ],
      errorCodes: { [INVALID_TOKEN]: 'invalid_grant', [INVALID_CODE]: 'invalid_grant' },
    },
  },
  // /2/users/me asks for both read scopes; without offline.access there is no refresh token.
  scopes: {
    signIn: ['tweet.read', 'users.read'],
    connect: ['tweet.read', 'users.read', 'offline.access'],
  },
  pkce: 'required',
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://api.x.com/2/users/me?user.fields=profile_image_url',
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
  revoke: { url: 'https://api.x.com/2/oauth2/revoke' },
  manageUrl: 'https://x.com/settings/connected_apps',
  consoleUrl: 'https://console.x.com',
  docsUrl: 'https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code',
  register: {
    steps: [
      'In the developer console, open the app and set up user authentication.',
      'Choose OAuth 2.0 and the type Web App, which is a confidential client, and enter the callback URL.',
      'Take client id and client secret from Keys and tokens; they are others than those of OAuth 1.0a.',
    ],
    callbackRule: 'Compared exactly.',
    needs: ['Credits: calls are refused when they are used up.'],
  },
  quirks: [
    'A code lives 30 seconds.',
    '/2/users/me asks for tweet.read and users.read, both.',
    'Part of an answer may be errors, in errors[] with status 200.',
    'The address of an account is told with the scope users.email alone, and only to apps that X allows it.',
  ],
  limits: ['75 calls to /2/users/me in 15 minutes for each person.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'requests, scopes, lifetimes',
        basis: 'documented',
        source: 'https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token',
        date: '2026-08-22',
      },
      {
        claim: 'invalid_request for a used code',
        basis: 'reported',
        source: 'https://github.com/plhery/node-twitter-api-v2/issues/496',
        date: '2023-08-24',
      },
      { claim: 'the same words for a used refresh token', basis: 'reported' },
    ],
  },
  readings: [{ id: 'posts', reader: 'x/posts', scopes: ['tweet.read', 'users.read'] }],
});
