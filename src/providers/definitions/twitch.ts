import { defineProvider } from '../definition.js';

export const twitch = defineProvider({
  id: 'twitch',
  name: 'Twitch',
  protocol: 'oidc',
  category: 'media',
  mark: 'twitch',
  signIn: true,
  issuer: 'https://id.twitch.tv/oauth2',
  authorize: {
    url: 'https://id.twitch.tv/oauth2/authorize',
    // Without it ID token and userinfo hold no more than the subject.
    parameters: {
      claims:
        '{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null},"userinfo":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}',
    },
  },
  token: {
    url: 'https://id.twitch.tv/oauth2/token',
    clientAuth: 'post',
    // About four hours: the answer tells. Granted scopes are a list.
    lifetimeSeconds: 14_400,
    rules: {
      // {status: 400, message: "Invalid refresh token"}
      errors: [{ path: 'message', code: 'message', description: 'message' }],
      errorCodes: {
        'Invalid refresh token': 'invalid_grant',
        'Invalid authorization code': 'invalid_grant',
        'invalid client': 'invalid_client',
        'invalid client secret': 'invalid_client',
      },
    },
  },
  scopes: { signIn: ['openid', 'user:read:email'], connect: ['openid', 'user:read:email'] },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  refresh: { mode: 'static' },
  profile: {
    subject: 'sub',
    name: 'preferred_username',
    username: 'preferred_username',
    email: 'email',
    emailVerified: 'email_verified',
    picture: 'picture',
  },
  api: {
    baseUrls: ['https://api.twitch.tv/helix'],
    // Mandatory beside the token.
    headers: { 'Client-Id': '{clientId}' },
    rateLimit: {
      limit: 'Ratelimit-Limit',
      remaining: 'Ratelimit-Remaining',
      reset: 'Ratelimit-Reset',
      resetIn: 'epoch',
    },
  },
  revoke: { url: 'https://id.twitch.tv/oauth2/revoke' },
  manageUrl: 'https://www.twitch.tv/settings/connections',
  consoleUrl: 'https://dev.twitch.tv/console/apps',
  docsUrl: 'https://dev.twitch.tv/docs/authentication/',
  register: {
    steps: ['Register an application of the type Confidential and enter the callback URL.'],
    callbackRule: 'Compared exactly; https, except localhost.',
  },
  quirks: ['Twitch asks apps that keep people signed in to call /oauth2/validate every hour.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'endpoints and claims', basis: 'documented', source: 'https://dev.twitch.tv/docs/authentication/' },
      { claim: 'words of errors', basis: 'reported' },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
