import { defineProvider } from '../definition.js';

export const whoop = defineProvider({
  id: 'whoop',
  name: 'WHOOP',
  protocol: 'oauth2',
  category: 'health',
  signIn: false,
  authorize: { url: 'https://api.prod.whoop.com/oauth/oauth2/auth' },
  token: { url: 'https://api.prod.whoop.com/oauth/oauth2/token', clientAuth: 'post', lifetimeSeconds: 3600 },
  // There is no refresh token without `offline`.
  scopes: {
    signIn: ['read:profile'],
    connect: ['offline', 'read:profile', 'read:sleep', 'read:workout', 'read:recovery'],
  },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://api.prod.whoop.com/developer/v2/user/profile/basic',
    subject: 'user_id',
    name: ['first_name', 'last_name'],
    email: 'email',
  },
  api: {
    baseUrls: ['https://api.prod.whoop.com/developer'],
    rateLimit: {
      limit: 'X-RateLimit-Limit',
      remaining: 'X-RateLimit-Remaining',
      reset: 'X-RateLimit-Reset',
      resetIn: 'seconds',
    },
  },
  revoke: { url: 'https://api.prod.whoop.com/developer/v2/user/access', style: 'bearer', method: 'DELETE' },
  manageUrl: 'https://app.whoop.com/',
  consoleUrl: 'https://developer-dashboard.whoop.com/',
  docsUrl: 'https://developer.whoop.com/docs/developing/oauth/',
  register: {
    steps: ['Create a team and an app in the developer dashboard, and enter the callback URL and the scopes.'],
  },
  quirks: ['state has to have eight characters or more.'],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints and scopes',
        basis: 'reported',
        source: 'https://developer.whoop.com/docs/developing/oauth/',
      },
      { claim: 'revocation, length of state', basis: 'inferred' },
    ],
  },
});
