import { defineProvider } from '../definition.js';

export const withings = defineProvider({
  id: 'withings',
  name: 'Withings',
  protocol: 'oauth2',
  category: 'health',
  signIn: false,
  authorize: { url: 'https://account.withings.com/oauth2_user/authorize2' },
  token: {
    url: 'https://wbsapi.withings.net/v2/oauth2',
    clientAuth: 'post',
    // One address for many services; this names the one that gives tokens, on refreshes too.
    parameters: { action: 'requesttoken' },
    lifetimeSeconds: 10_800,
    rules: {
      // {status: 0, body: {access_token, …}}; any other status is a failure, with HTTP status 200.
      root: 'body',
      tokenType: 'Bearer',
      scopeSeparator: ',',
      errors: [{ path: 'status', not: 0, code: 'status', description: 'error' }],
      errorCodes: {
        '100': 'invalid_grant',
        '101': 'invalid_grant',
        '102': 'invalid_grant',
        '401': 'invalid_grant',
        '503': 'invalid_request',
        '601': 'temporarily_unavailable',
      },
    },
  },
  scopes: { signIn: ['user.info'], connect: ['user.info', 'user.metrics', 'user.activity'], separator: ',' },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  // The old token dies eight hours after the new one was issued, or as soon as that is used.
  refresh: { mode: 'rotating', lifetimeDays: 365, graceSeconds: 28_800 },
  // There is no profile call; the id stands beside the token, as a text or a number.
  profile: { subject: '@token.userid' },
  api: { baseUrls: ['https://wbsapi.withings.net'] },
  manageUrl: 'https://account.withings.com/',
  consoleUrl: 'https://developer.withings.com/dashboard/',
  docsUrl:
    'https://developer.withings.com/developer-guide/v3/integration-guide/public-health-data-api/get-access/oauth-authorization-url',
  register: { steps: ['Create an application for the Public API in the dashboard and enter the callback URL.'] },
  quirks: [
    'Every call is a POST with an action.',
    'Some calls want a signature: HMAC-SHA256 with the client secret over action, client id and a nonce.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'token requests, nested answers, when an old refresh token dies',
        basis: 'documented',
        source:
          'https://developer.withings.com/developer-guide/v3/integration-guide/public-health-data-api/get-access/access-and-refresh-tokens-no-recover',
      },
      { claim: 'meaning of status numbers', basis: 'reported' },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
