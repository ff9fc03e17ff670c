import { defineProvider } from '../definition.js';

export const hubspot = defineProvider({
  id: 'hubspot',
  name: 'HubSpot',
  protocol: 'oauth2',
  category: 'work',
  mark: 'hubspot',
  signIn: false,
  authorize: { url: 'https://app.hubspot.com/oauth/authorize' },
  // The endpoints under /oauth/v1 end on 16 February 2027.
  token: { url: 'https://api.hubapi.com/oauth/2026-03/token', clientAuth: 'post', lifetimeSeconds: 1800 },
  scopes: { signIn: ['oauth'], connect: ['oauth'] },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  refresh: { mode: 'static' },
  profile: {
    // Who it is, is told by introspection alone; the older call had the token in its address.
    url: 'https://api.hubapi.com/oauth/2026-03/token/introspect',
    method: 'POST',
    style: 'introspection',
    subject: ['hub_id', 'user_id'],
    username: 'user',
    email: 'user',
  },
  api: {
    baseUrls: ['https://api.hubapi.com'],
    rateLimit: { limit: 'X-HubSpot-RateLimit-Max', remaining: 'X-HubSpot-RateLimit-Remaining' },
  },
  revoke: { url: 'https://api.hubapi.com/oauth/2026-03/token/revoke' },
  manageUrl: 'https://app.hubspot.com/',
  consoleUrl: 'https://app.hubspot.com/developer',
  docsUrl: 'https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens',
  register: { steps: ['Create a public app, enter the callback URL, and tick the scopes that it asks for.'] },
  quirks: ['Tokens are longer than 300 characters.', 'Errors have both the words of the RFC and status and message.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'dated endpoints in place of v1',
        basis: 'documented',
        source: 'https://developers.hubspot.com/changelog/v1-oauth-api-deprecation',
      },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
