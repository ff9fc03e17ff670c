import { defineProvider } from '../definition.js';

export const smugmug = defineProvider({
  id: 'smugmug',
  name: 'SmugMug',
  protocol: 'oauth1',
  category: 'media',
  mark: 'smugmug',
  signIn: false,
  oauth1: {
    requestToken: 'https://api.smugmug.com/services/oauth/1.0a/getRequestToken',
    authorize: 'https://api.smugmug.com/services/oauth/1.0a/authorize',
    accessToken: 'https://api.smugmug.com/services/oauth/1.0a/getAccessToken',
    signatureMethod: 'HMAC-SHA1',
  },
  authorize: { parameters: { Access: 'Full', Permissions: 'Read' } },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: {
    // "!" becomes %21 in what is signed.
    url: 'https://api.smugmug.com/api/v2!authuser',
    // The only key there is; it can be changed, so it is no way to sign in.
    subject: 'Response.User.NickName',
    name: 'Response.User.Name',
    username: 'Response.User.NickName',
  },
  // A page for people comes back otherwise.
  api: {
    baseUrls: ['https://api.smugmug.com/api/v2'],
    headers: { Accept: 'application/json' },
    rateLimit: {
      limit: 'X-RateLimit-Limit',
      remaining: 'X-RateLimit-Remaining',
      reset: 'X-RateLimit-Reset',
      resetIn: 'epoch',
    },
  },
  manageUrl: 'https://www.smugmug.com/app/account/settings',
  consoleUrl: 'https://api.smugmug.com/api/developer/apply',
  docsUrl: 'https://api.smugmug.com/api/v2/doc/tutorial/authorization.html',
  register: { steps: ['Apply for an API key; key and secret are client id and client secret here.'] },
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints and parameters',
        basis: 'documented',
        source: 'https://api.smugmug.com/api/v2/doc/tutorial/authorization.html',
      },
      { claim: '%21', basis: 'reported', source: 'https://gist.github.com/chestone/9421310' },
    ],
  },
});
