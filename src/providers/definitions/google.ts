import { defineProvider } from '../definition.js';

/** Google accounts by OpenID Connect. */
export const google = defineProvider({
  id: 'google',
  name: 'Google',
  protocol: 'oidc',
  signIn: true,
  issuer: 'https://accounts.google.com',
  authorize: {
    url: 'https://accounts.google.com/o/oauth2/v2/auth',
    parameters: { access_type: 'offline', prompt: 'consent' },
  },
  // The granted scopes come back rewritten (email -> .../auth/userinfo.email); they are reported as they come.
  token: { url: 'https://oauth2.googleapis.com/token', clientAuth: 'post' },
  scopes: { signIn: ['openid', 'email', 'profile'], connect: ['openid', 'email', 'profile'] },
  pkce: 'supported',
  refresh: { mode: 'static' },
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
});
