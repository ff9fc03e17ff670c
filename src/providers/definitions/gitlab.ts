import { defineProvider } from '../definition.js';

/** GitLab.com. A server of one's own is another client and another set of people: a definition with its host in PROVIDERS_DIR. */
export const gitlab = defineProvider({
  id: 'gitlab',
  name: 'GitLab',
  protocol: 'oidc',
  category: 'code',
  mark: 'gitlab',
  signIn: true,
  issuer: 'https://gitlab.com',
  authorize: { url: 'https://gitlab.com/oauth/authorize' },
  token: { url: 'https://gitlab.com/oauth/token', clientAuth: 'post', lifetimeSeconds: 7200 },
  scopes: { signIn: ['openid', 'profile', 'email'], connect: ['openid', 'profile', 'email', 'read_user'] },
  pkce: 'supported',
  // A refresh ends the old access token as well as the old refresh token.
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://gitlab.com/oauth/userinfo',
    subject: 'sub',
    name: 'name',
    username: 'nickname',
    email: 'email',
    emailVerified: 'email_verified',
    picture: 'picture',
  },
  api: {
    baseUrls: ['https://gitlab.com/api/v4'],
    rateLimit: {
      limit: 'RateLimit-Limit',
      remaining: 'RateLimit-Remaining',
      reset: 'RateLimit-Reset',
      resetIn: 'epoch',
    },
  },
  revoke: { url: 'https://gitlab.com/oauth/revoke' },
  manageUrl: 'https://gitlab.com/-/user_settings/applications',
  consoleUrl: 'https://gitlab.com/-/user_settings/applications',
  docsUrl: 'https://docs.gitlab.com/api/oauth2/',
  register: {
    steps: [
      'Add an application that is confidential, with the callback URL and the scopes openid, profile, email and read_user.',
    ],
    callbackRule: 'Compared exactly.',
  },
  quirks: ['created_at stands beside expires_in.'],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'endpoints and rotation', basis: 'documented', source: 'https://docs.gitlab.com/api/oauth2/' },
      { claim: 'claims', basis: 'reported' },
    ],
  },
});
