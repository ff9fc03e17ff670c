import { defineProvider } from '../definition.js';

export const xero = defineProvider({
  id: 'xero',
  name: 'Xero',
  protocol: 'oidc',
  category: 'commerce',
  mark: 'xero',
  signIn: false,
  issuer: 'https://identity.xero.com',
  authorize: { url: 'https://login.xero.com/identity/connect/authorize' },
  token: { url: 'https://identity.xero.com/connect/token', clientAuth: 'basic', lifetimeSeconds: 1800 },
  scopes: { signIn: ['openid', 'profile', 'email'], connect: ['openid', 'profile', 'email', 'offline_access'] },
  pkce: 'supported',
  // A spent refresh token is honoured for half an hour.
  refresh: { mode: 'rotating', inactivityDays: 60, graceSeconds: 1800 },
  profile: {
    // From the ID token.
    subject: 'xero_userid',
    name: ['given_name', 'family_name'],
    username: 'preferred_username',
    email: 'email',
  },
  // XML comes back otherwise.
  api: {
    baseUrls: ['https://api.xero.com'],
    headers: { Accept: 'application/json' },
    rateLimit: { remaining: 'X-DayLimit-Remaining' },
  },
  revoke: { url: 'https://identity.xero.com/connect/revocation' },
  manageUrl: 'https://apps.xero.com/',
  consoleUrl: 'https://developer.xero.com/app/manage',
  docsUrl: 'https://developer.xero.com/documentation/guides/oauth2/auth-flow',
  register: {
    steps: ['Create a web app and enter the callback URL as its redirect URI.'],
    callbackRule: 'Compared exactly.',
  },
  quirks: [
    'One consent covers several organisations: /connections lists them, and each accounting call names one in Xero-tenant-id.',
    'There is no refresh token without the scope offline_access.',
  ],
  limits: ['60 calls a minute and 5,000 a day for each organisation.'],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'endpoints', basis: 'reported' },
      {
        claim: 'refresh tokens',
        basis: 'reported',
        source: 'https://nango.dev/blog/xero-oauth-refresh-token-invalid-grant',
      },
      { claim: 'half an hour of grace, limits', basis: 'inferred' },
    ],
  },
});
