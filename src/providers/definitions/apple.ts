import { defineProvider } from '../definition.js';

/** Sign in with Apple. */
export const apple = defineProvider({
  id: 'apple',
  name: 'Apple',
  protocol: 'oidc',
  category: 'sign-in',
  mark: 'apple',
  signIn: true,
  issuer: 'https://appleid.apple.com',
  openid: { jwksUrl: 'https://appleid.apple.com/auth/keys' },
  authorize: {
    url: 'https://appleid.apple.com/auth/authorize',
    // Asking for name or address is refused without it.
    parameters: { response_mode: 'form_post' },
  },
  token: {
    url: 'https://appleid.apple.com/auth/token',
    clientAuth: 'post',
    lifetimeSeconds: 3600,
    // Our own signature in place of a secret; Apple takes it for half a year at the most.
    mintedSecret: { algorithm: 'ES256', audience: 'https://appleid.apple.com', lifetimeSeconds: 600 },
  },
  scopes: { signIn: ['openid', 'name', 'email'], connect: ['openid', 'name', 'email'] },
  // Not in the documentation of the web flow; a server that does not know it ignores it.
  pkce: 'supported',
  refresh: { mode: 'static' },
  profile: {
    // From the ID token: there is no userinfo endpoint. The id is good for all apps of one team.
    subject: 'sub',
    // May be a relay address, which people can switch off.
    email: 'email',
    // A boolean, or the same as a text.
    emailVerified: { path: 'email_verified', values: [true, 'true'] },
  },
  // There is no API for other programs; the host is that of the tokens.
  api: { baseUrls: ['https://appleid.apple.com'] },
  revoke: { url: 'https://appleid.apple.com/auth/revoke' },
  manageUrl: 'https://account.apple.com/account/manage',
  consoleUrl: 'https://developer.apple.com/account/resources/identifiers/list/serviceId',
  docsUrl: 'https://developer.apple.com/documentation/signinwithapplerestapi',
  register: {
    steps: [
      'Create an App ID with Sign in with Apple, and a Services ID: that is the client id.',
      'Configure domain and callback URL on the Services ID.',
      'Create a key for Sign in with Apple. The client secret is JSON: {"issuer": team id, "keyId": …, "privateKey": the .p8 file}.',
    ],
    callbackRule: 'Compared exactly; https alone, and not localhost.',
    needs: ['Membership in the Apple Developer Program.'],
  },
  quirks: [
    'The callback is a POST from another site, so cookies with SameSite=Lax do not come along.',
    'The name is told once, on the first consent, in an unsigned field of that POST; it is not used.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints, form_post, minted secret',
        basis: 'documented',
        source: 'https://developer.apple.com/documentation/signinwithapplerestapi',
      },
      { claim: 'email_verified as a text', basis: 'reported' },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
