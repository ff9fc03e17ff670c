import { defineProvider } from '../definition.js';

export const notion = defineProvider({
  id: 'notion',
  name: 'Notion',
  protocol: 'oauth2',
  category: 'work',
  mark: 'notion',
  signIn: false,
  authorize: { url: 'https://api.notion.com/v1/oauth/authorize', parameters: { owner: 'user' } },
  token: {
    url: 'https://api.notion.com/v1/oauth/token',
    clientAuth: 'basic',
    format: 'json',
    headers: { 'Notion-Version': '2025-09-03' },
  },
  // What the integration may do is fixed at its registration.
  scopes: { signIn: [], connect: [] },
  // Bodies are checked against a schema, so a field that is not documented may be refused.
  pkce: 'forbidden',
  refresh: { mode: 'rotating' },
  // Everything stands beside the token. One person may connect several workspaces, each with a grant of its own.
  profile: {
    subject: ['@token.workspace_id', '@token.owner.user.id'],
    name: ['@token.owner.user.name', '@token.workspace_name'],
    email: '@token.owner.user.person.email',
    picture: '@token.owner.user.avatar_url',
  },
  // The version is mandatory on every call.
  api: { baseUrls: ['https://api.notion.com/v1'], headers: { 'Notion-Version': '2025-09-03' } },
  manageUrl: 'https://www.notion.so/my-connections',
  consoleUrl: 'https://www.notion.so/profile/integrations',
  docsUrl: 'https://developers.notion.com/docs/authorization',
  register: {
    steps: ['Create a public integration and enter the callback URL as its redirect URI.'],
    callbackRule: 'Compared exactly.',
  },
  quirks: [
    'Neither scope nor expires_in stands in the answer.',
    'bot_id names the authorization, owner.user.id the person.',
    'Tokens can be withdrawn by POST /v1/oauth/revoke with {"token"} and Basic.',
  ],
  limits: ['Three calls a second on average; a 429 names its Retry-After.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'token request', basis: 'documented', source: 'https://developers.notion.com/reference/create-a-token' },
      { claim: 'rotation', basis: 'documented', source: 'https://developers.notion.com/reference/refresh-a-token' },
      { claim: 'PKCE might be refused', basis: 'inferred' },
    ],
  },
});
