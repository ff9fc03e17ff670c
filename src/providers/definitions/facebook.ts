import { defineProvider } from '../definition.js';

/** Facebook Login, by the Graph API. */
export const facebook = defineProvider({
  id: 'facebook',
  name: 'Facebook',
  protocol: 'oauth2',
  category: 'sign-in',
  mark: 'facebook',
  signIn: true,
  authorize: { url: 'https://www.facebook.com/v25.0/dialog/oauth' },
  token: {
    url: 'https://graph.facebook.com/v25.0/oauth/access_token',
    // The guide shows GET with the secret in the address; POST does the same without leaving it in logs.
    clientAuth: 'post',
    lifetimeSeconds: 5_184_000,
    rules: {
      // Errors are objects whose number says more than their type, which is "OAuthException" for nearly all.
      errors: [{ path: 'error.code', code: 'error.code', description: 'error.message' }],
      errorCodes: {
        '2': 'temporarily_unavailable',
        '4': 'temporarily_unavailable',
        '17': 'temporarily_unavailable',
        '101': 'invalid_client',
        '102': 'invalid_grant',
        '190': 'invalid_grant',
      },
    },
  },
  scopes: { signIn: ['public_profile', 'email'], connect: ['public_profile', 'email'], separator: ',' },
  pkce: 'supported',
  // A token is exchanged for one of 60 days while it is alive (fb_exchange_token); there is no refresh token.
  refresh: { mode: 'none' },
  profile: {
    url: 'https://graph.facebook.com/v25.0/me?fields=id,name,email,picture',
    subject: 'id',
    name: 'name',
    // Without a flag, and verified by nobody we know: never counted as verified.
    email: 'email',
    picture: 'picture.data.url',
  },
  api: { baseUrls: ['https://graph.facebook.com/v25.0'] },
  revoke: { url: 'https://graph.facebook.com/v25.0/me/permissions', style: 'bearer', method: 'DELETE' },
  manageUrl: 'https://www.facebook.com/settings?tab=business_tools',
  consoleUrl: 'https://developers.facebook.com/apps/',
  docsUrl: 'https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow',
  register: {
    steps: [
      'Create an app with the use case "Authenticate and request data from users with Facebook Login".',
      'Enter the callback URL under Facebook Login, Settings, Valid OAuth Redirect URIs.',
      'Take App ID and App Secret from Settings, Basic.',
    ],
    callbackRule: 'Compared exactly; https, except localhost while the app is in development.',
    needs: [
      'People who have no role in the app can sign in once it is published, which needs a data deletion callback.',
    ],
  },
  quirks: [
    'The account id is good for this app alone: another app sees another id of the same person.',
    'The address is missing for accounts with a telephone number only, and when the person unticks it.',
    '"#_=_" hangs on the end of the callback address; it never reaches the server.',
    'An expired token cannot be exchanged for a longer one: the person connects again.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'dialog, token exchange, cancelled logins',
        basis: 'documented',
        source: 'https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow',
        date: '2026-03-10',
      },
      { claim: 'the token endpoint takes POST', basis: 'reported' },
      { claim: 'DELETE /me/permissions withdraws the grant', basis: 'documented' },
      { claim: 'the address may be unverified', basis: 'inferred' },
    ],
  },
});
