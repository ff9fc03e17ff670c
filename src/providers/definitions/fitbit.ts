import { defineProvider } from '../definition.js';

/** The Fitbit Web API by OAuth 2, shut by Google on 2 November 2026; kept so that old connections are recognised. */
export const fitbit = defineProvider({
  id: 'fitbit',
  name: 'Fitbit',
  protocol: 'oauth2',
  category: 'health',
  mark: 'fitbit',
  labels: { signIn: 'Sign in with Fitbit', connect: 'Connect Fitbit (Web API)' },
  earlier: 'Earlier Fitbit',
  status: {
    state: 'shut',
    sunset: '2026-11-02',
    successor: 'google-health',
    note: 'Google replaced the Fitbit Web API by Google Health. Tokens cannot be moved: each person consents again.',
  },
  signIn: false,
  authorize: { url: 'https://www.fitbit.com/oauth2/authorize' },
  token: {
    url: 'https://api.fitbit.com/oauth2/token',
    clientAuth: 'basic',
    lifetimeSeconds: 28_800,
    // Errors come as {errors: [{errorType, message}], success: false} instead of RFC 6749's {error}.
    rules: {
      errors: [{ path: 'success', equals: false, code: 'errors.0.errorType', description: 'errors.0.message' }],
    },
  },
  scopes: { signIn: ['profile'], connect: ['activity', 'heartrate', 'sleep', 'profile'] },
  pkce: 'supported',
  // Each refresh token works once.
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://api.fitbit.com/1/user/-/profile.json',
    subject: 'user.encodedId',
    name: 'user.fullName',
    username: 'user.displayName',
    picture: 'user.avatar150',
  },
  api: {
    baseUrls: ['https://api.fitbit.com'],
    rateLimit: {
      limit: 'Fitbit-Rate-Limit-Limit',
      remaining: 'Fitbit-Rate-Limit-Remaining',
      reset: 'Fitbit-Rate-Limit-Reset',
      resetIn: 'seconds',
    },
  },
  revoke: { url: 'https://api.fitbit.com/oauth2/revoke' },
  manageUrl: 'https://www.fitbit.com/settings/applications',
  consoleUrl: 'https://dev.fitbit.com/apps',
  docsUrl: 'https://dev.fitbit.com/build/reference/web-api/authorization/',
  quirks: [
    'Status 410 means: connect Google Health. It is never tried again.',
    'Each refresh token works once.',
    'People may untick single scopes.',
  ],
  limits: ['150 calls an hour for each person.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: "Google's pages named two dates for the end, 30 October and 2 November 2026; the newest is taken, and the status of an answer counts before any date.",
    claims: [
      {
        claim: 'requests and answers',
        basis: 'documented',
        source: 'https://dev.fitbit.com/build/reference/web-api/authorization/oauth2-token',
      },
      { claim: 'shut with status 410', basis: 'documented', source: 'https://developers.google.cn/health/about?hl=cs' },
    ],
  },
  readings: [
    { id: 'steps', reader: 'fitbit/steps', scopes: ['activity'] },
    { id: 'heart-rate', reader: 'fitbit/resting-heart-rate', scopes: ['heartrate'] },
    { id: 'sleep', reader: 'fitbit/sleep', scopes: ['sleep'] },
  ],
});
