import { defineProvider } from '../definition.js';

/** Generic User-Agents are answered with 429 or 403, on token calls too. */
const userAgent = 'web:{clientId}:v1 (by latchkey)';

export const reddit = defineProvider({
  id: 'reddit',
  name: 'Reddit',
  protocol: 'oauth2',
  category: 'social',
  mark: 'reddit',
  status: {
    state: 'restricted',
    note: 'New apps need an approval under the Responsible Builder Policy of November 2025; nobody registers by themselves.',
  },
  signIn: false,
  authorize: {
    url: 'https://www.reddit.com/api/v1/authorize',
    // Without it there is no refresh token.
    connectParameters: { duration: 'permanent' },
  },
  token: {
    url: 'https://www.reddit.com/api/v1/access_token',
    clientAuth: 'basic',
    headers: { 'User-Agent': userAgent },
    // An hour or a day: the answer tells.
    lifetimeSeconds: 3600,
  },
  scopes: { signIn: ['identity'], connect: ['identity'] },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  refresh: { mode: 'static' },
  profile: {
    url: 'https://oauth.reddit.com/api/v1/me',
    subject: 'id',
    username: 'name',
    picture: 'icon_img',
  },
  api: {
    baseUrls: ['https://oauth.reddit.com'],
    headers: { 'User-Agent': userAgent },
    rateLimit: { remaining: 'X-Ratelimit-Remaining', reset: 'X-Ratelimit-Reset', resetIn: 'seconds' },
  },
  revoke: { url: 'https://www.reddit.com/api/v1/revoke_token' },
  manageUrl: 'https://www.reddit.com/prefs/apps',
  consoleUrl: 'https://www.reddit.com/prefs/apps',
  docsUrl: 'https://github.com/reddit-archive/reddit/wiki/oauth2',
  register: {
    steps: ['Ask for access, then create a web app and enter the callback URL.'],
    needs: ['An approval by Reddit.'],
  },
  quirks: [
    'Some failures have status 200 and {"error": "invalid_grant"}.',
    'The API has another host than authorization.',
    'How many calls are left is told as a decimal number.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'approval', basis: 'reported', source: 'https://github.com/NFeruch/reddit2text/issues/13' },
      {
        claim: 'endpoints and duration',
        basis: 'documented',
        source: 'https://github.com/reddit-archive/reddit/wiki/oauth2',
      },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
