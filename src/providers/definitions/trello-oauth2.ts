import { defineProvider } from '../definition.js';

/** Trello by OAuth 2, new in September 2026. Its addresses could not be read anywhere: they are those of Atlassian's other products. */
export const trelloOAuth2 = defineProvider({
  id: 'trello-oauth2',
  name: 'Trello (OAuth 2)',
  protocol: 'oauth2',
  namespace: 'trello',
  category: 'work',
  mark: 'trello',
  status: {
    state: 'restricted',
    note: 'The addresses in this definition are inferred: compare them with the documentation before you use it, or connect Trello by OAuth 1.0a.',
  },
  signIn: false,
  authorize: {
    url: 'https://auth.atlassian.com/authorize',
    parameters: { audience: 'api.atlassian.com', prompt: 'consent' },
  },
  token: { url: 'https://auth.atlassian.com/oauth/token', clientAuth: 'post' },
  scopes: { signIn: [], connect: ['offline_access'] },
  pkce: 'required',
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://api.trello.com/1/members/me',
    subject: 'id',
    name: 'fullName',
    username: 'username',
    email: 'email',
  },
  api: { baseUrls: ['https://api.trello.com/1'] },
  manageUrl: 'https://trello.com/my/account',
  consoleUrl: 'https://trello.com/power-ups/admin',
  docsUrl: 'https://developer.atlassian.com/cloud/trello/guides/rest-api/oauth-2-getting-started/',
  register: {
    steps: ['On the OAuth 2.0 tab of the app, configure a confidential client with the callback URL and its scopes.'],
  },
  confidence: {
    level: 'low',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'OAuth 2 with PKCE, similar to that of other Atlassian products',
        basis: 'documented',
        source: 'https://developer.atlassian.com/cloud/trello/guides/rest-api/oauth-2-confidential-client-usage/',
        date: '2026-10-01',
      },
      { claim: 'addresses, client authentication, scopes', basis: 'inferred' },
    ],
  },
});
