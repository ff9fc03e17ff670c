import { defineProvider } from '../definition.js';

/** Garmin Connect by OAuth 1.0a, retired on 31 December 2026. */
export const garminOAuth1 = defineProvider({
  id: 'garmin-oauth1',
  name: 'Garmin Connect (OAuth 1.0a)',
  protocol: 'oauth1',
  namespace: 'garmin',
  earlier: 'Earlier Garmin',
  category: 'health',
  mark: 'garmin',
  status: {
    state: 'restricted',
    sunset: '2026-12-31',
    successor: 'garmin',
    note: 'Garmin retires OAuth 1.0a at the end of 2026. Each person consents again with OAuth 2; the account id stays the same.',
  },
  signIn: false,
  oauth1: {
    requestToken: 'https://connectapi.garmin.com/oauth-service/oauth/request_token',
    authorize: 'https://connect.garmin.com/oauthConfirm',
    accessToken: 'https://connectapi.garmin.com/oauth-service/oauth/access_token',
    signatureMethod: 'HMAC-SHA1',
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: { url: 'https://apis.garmin.com/wellness-api/rest/user/id', subject: 'userId' },
  api: { baseUrls: ['https://apis.garmin.com'] },
  manageUrl: 'https://connect.garmin.com/',
  consoleUrl: 'https://developerportal.garmin.com/',
  docsUrl: 'https://developer.garmin.com/gc-developer-program/',
  register: { steps: ['New apps use OAuth 2; see "garmin".'] },
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints and retirement',
        basis: 'reported',
        source: 'https://github.com/stoufa06/php-garmin-connect-api/issues/23',
      },
    ],
  },
});
