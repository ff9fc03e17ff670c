import { defineProvider } from '../definition.js';

/**
 * LinkedIn, by its OpenID Connect product. Read as plain OAuth 2: its ID tokens repeat no nonce, and userinfo, asked over the back channel,
 * tells the same.
 */
export const linkedin = defineProvider({
  id: 'linkedin',
  name: 'LinkedIn',
  protocol: 'oauth2',
  category: 'sign-in',
  signIn: true,
  authorize: { url: 'https://www.linkedin.com/oauth/v2/authorization' },
  // Logging in is cancelled on one page, permissions are refused on another.
  callback: { denials: ['user_cancelled_login', 'user_cancelled_authorize'] },
  token: {
    url: 'https://www.linkedin.com/oauth/v2/accessToken',
    // Basic is refused.
    clientAuth: 'post',
    lifetimeSeconds: 5_184_000,
    // The guide's answer names no token type; granted scopes are joined by commas although they are asked for with spaces.
    rules: { tokenType: 'Bearer', scopeSeparator: ',' },
  },
  scopes: { signIn: ['openid', 'profile', 'email'], connect: ['openid', 'profile', 'email'] },
  // A code_challenge breaks the standard web flow; PKCE is for registered native apps.
  pkce: 'forbidden',
  // Refresh tokens are for approved partners alone: everybody else's people connect again every 60 days.
  refresh: { mode: 'none' },
  profile: {
    url: 'https://api.linkedin.com/v2/userinfo',
    subject: 'sub',
    name: 'name',
    email: 'email',
    emailVerified: 'email_verified',
    picture: 'picture',
  },
  api: { baseUrls: ['https://api.linkedin.com'], headers: { 'X-Restli-Protocol-Version': '2.0.0' } },
  manageUrl: 'https://www.linkedin.com/mypreferences/d/data-sharing-for-permitted-services',
  consoleUrl: 'https://www.linkedin.com/developers/apps',
  docsUrl: 'https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2',
  register: {
    steps: [
      'Create an app; it has to belong to a LinkedIn page.',
      'Add the product "Sign In with LinkedIn using OpenID Connect"; without it every scope is refused.',
      'Enter the callback URL on the tab Auth and take client id and secret from there.',
    ],
    callbackRule: 'Compared exactly; https, except localhost.',
  },
  quirks: [
    'The account id is good for this app alone.',
    'A cancelled login comes back as user_cancelled_login or user_cancelled_authorize, not as access_denied.',
    'Versioned REST calls need the header LinkedIn-Version with a month such as 202611.',
    'r_liteprofile and r_emailaddress have been closed to new apps since August 2023.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'requests, answers, cancelled logins',
        basis: 'documented',
        source: 'https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow',
      },
      {
        claim: 'userinfo',
        basis: 'documented',
        source: 'https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2',
      },
      { claim: 'granted scopes with commas', basis: 'inferred' },
      { claim: 'PKCE breaks the web flow', basis: 'reported' },
    ],
  },
});
