import { defineProvider } from '../definition.js';

export const etsy = defineProvider({
  id: 'etsy',
  name: 'Etsy',
  protocol: 'oauth2',
  category: 'commerce',
  mark: 'etsy',
  signIn: false,
  authorize: { url: 'https://www.etsy.com/oauth/connect' },
  // PKCE stands in for the secret at this endpoint.
  token: { url: 'https://api.etsy.com/v3/public/oauth/token', clientAuth: 'none', lifetimeSeconds: 3600 },
  scopes: { signIn: ['email_r'], connect: ['email_r'] },
  pkce: 'required',
  refresh: { mode: 'rotating', lifetimeDays: 90 },
  profile: {
    // "12345678.abc…": nothing else tells whose token it is, and the call has to name it.
    subjectEndsAt: '.',
    subject: '@token.account_id',
    url: 'https://api.etsy.com/v3/application/users/{account_id}',
    name: ['first_name', 'last_name'],
    email: 'primary_email',
    picture: 'image_url_75x75',
  },
  api: {
    baseUrls: ['https://api.etsy.com/v3/application', 'https://openapi.etsy.com/v3/application'],
    // The secret belongs into it since 2025.
    headers: { 'x-api-key': '{clientId}:{clientSecret}' },
    rateLimit: { limit: 'x-limit-per-day', remaining: 'x-remaining-today' },
  },
  manageUrl: 'https://www.etsy.com/your/account/apps',
  consoleUrl: 'https://www.etsy.com/developers/your-apps',
  docsUrl: 'https://developers.etsy.com/documentation/essentials/authentication/',
  register: {
    steps: [
      'Create an app; keystring and shared secret are client id and client secret here.',
      'Enter the callback URL.',
    ],
    callbackRule: 'Compared exactly; https alone.',
    needs: ['An approval for more than personal use.'],
  },
  quirks: ['OAuth 1 and the v2 API are gone.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints, PKCE, key with secret, id in the token',
        basis: 'documented',
        source: 'https://developers.etsy.com/documentation/essentials/authentication/',
      },
      { claim: 'since when the key needs the secret', basis: 'inferred' },
    ],
  },
});
