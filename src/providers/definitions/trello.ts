import { defineProvider } from '../definition.js';

/** Trello by OAuth 1.0a; no date is set for its end. */
export const trello = defineProvider({
  id: 'trello',
  name: 'Trello',
  protocol: 'oauth1',
  category: 'work',
  mark: 'trello',
  signIn: false,
  oauth1: {
    requestToken: 'https://trello.com/1/OAuthGetRequestToken',
    authorize: 'https://trello.com/1/OAuthAuthorizeToken',
    accessToken: 'https://trello.com/1/OAuthGetAccessToken',
    signatureMethod: 'HMAC-SHA1',
  },
  // Scopes and the token's life go into the authorization address; left out they are "read" and 30 days.
  authorize: { parameters: { scope: 'read,account', expiration: 'never', name: 'Latchkey' } },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: {
    url: 'https://api.trello.com/1/members/me?fields=id,username,fullName,email,avatarUrl',
    subject: 'id',
    name: 'fullName',
    username: 'username',
    // With the scope account only.
    email: 'email',
    picture: 'avatarUrl',
  },
  api: {
    baseUrls: ['https://api.trello.com/1'],
    rateLimit: { remaining: 'X-Rate-Limit-Api-Token-Remaining' },
  },
  manageUrl: 'https://trello.com/my/account',
  consoleUrl: 'https://trello.com/power-ups/admin',
  docsUrl: 'https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/',
  register: {
    steps: [
      'Create a Power-Up and generate an API key: key and secret are client id and client secret here.',
      'Enter the origin of the callback URL among the allowed origins.',
    ],
    callbackRule: 'Its origin is compared.',
  },
  quirks: ['A token may also be used unsigned, as key and token in the query.'],
  limits: ['300 calls in ten seconds for each key, 100 for each token.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints and parameters',
        basis: 'documented',
        source: 'https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/',
        date: '2025-06-24',
      },
      { claim: 'limits', basis: 'inferred' },
    ],
  },
});
