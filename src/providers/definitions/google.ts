import { defineProvider } from '../definition.js';

/** Google accounts by OpenID Connect. */
export const google = defineProvider({
  id: 'google',
  name: 'Google',
  protocol: 'oidc',
  category: 'sign-in',
  mark: 'google',
  featured: true,
  signIn: true,
  issuer: 'https://accounts.google.com',
  authorize: {
    url: 'https://accounts.google.com/o/oauth2/v2/auth',
    parameters: { access_type: 'offline', prompt: 'consent' },
  },
  // The granted scopes come back rewritten (email -> .../auth/userinfo.email); they are reported as they come.
  token: { url: 'https://oauth2.googleapis.com/token', clientAuth: 'post', lifetimeSeconds: 3600 },
  scopes: { signIn: ['openid', 'email', 'profile'], connect: ['openid', 'email', 'profile'] },
  pkce: 'supported',
  // While the consent screen is in testing, refresh tokens die after seven days.
  refresh: { mode: 'static', inactivityDays: 180 },
  profile: {
    url: 'https://openidconnect.googleapis.com/v1/userinfo',
    subject: 'sub',
    name: 'name',
    username: 'email',
    email: 'email',
    emailVerified: 'email_verified',
    picture: 'picture',
  },
  api: { baseUrls: ['https://www.googleapis.com', 'https://openidconnect.googleapis.com'] },
  revoke: { url: 'https://oauth2.googleapis.com/revoke', style: 'token-only' },
  manageUrl: 'https://myaccount.google.com/connections',
  consoleUrl: 'https://console.cloud.google.com/apis/credentials',
  docsUrl: 'https://developers.google.com/identity/protocols/oauth2/web-server',
  register: {
    steps: [
      'In the Cloud console, create a project and fill in the consent screen.',
      'Create an OAuth client id of the type Web application and enter the callback URL among its redirect URIs.',
      'Publish the app, or refresh tokens die after seven days.',
    ],
    callbackRule: 'Compared exactly; https, except localhost.',
  },
  quirks: [
    'Scopes come back under their long names.',
    'There is a refresh token on the first consent alone, unless prompt=consent is sent.',
    'People may untick single scopes.',
    'ID tokens have named the issuer without https:// in the past.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'requests, answers, revocation',
        basis: 'documented',
        source: 'https://developers.google.com/identity/protocols/oauth2/web-server',
      },
      {
        claim: 'lifetimes of refresh tokens',
        basis: 'documented',
        source: 'https://developers.google.com/identity/protocols/oauth2',
      },
    ],
  },
});
