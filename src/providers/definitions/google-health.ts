import { defineProvider } from '../definition.js';

const health = 'https://www.googleapis.com/auth/googlehealth';

/** Google Health, the only way to read Fitbit data since 2 November 2026; what "Connect Fitbit" means today. */
export const googleHealth = defineProvider({
  id: 'google-health',
  name: 'Fitbit (Google Health)',
  protocol: 'oauth2',
  category: 'health',
  mark: 'fitbit',
  featured: true,
  labels: { signIn: 'Sign in with Fitbit (Google Health)', connect: 'Connect Fitbit (Google Health)' },
  // A health account may belong to a Google account that signs in by `google`; the grant alone is no way in.
  signIn: false,
  authorize: {
    url: 'https://accounts.google.com/o/oauth2/v2/auth',
    // Without these two Google gives no refresh token, and none on a second consent.
    parameters: { access_type: 'offline', prompt: 'consent', include_granted_scopes: 'true' },
    issuer: 'https://accounts.google.com',
  },
  token: { url: 'https://oauth2.googleapis.com/token', clientAuth: 'post', lifetimeSeconds: 3600 },
  scopes: {
    signIn: ['openid', 'email', 'profile', `${health}.profile.readonly`],
    connect: [
      'openid',
      'email',
      'profile',
      `${health}.activity_and_fitness.readonly`,
      `${health}.health_metrics_and_measurements.readonly`,
      `${health}.sleep.readonly`,
    ],
  },
  pkce: 'supported',
  // A refresh answer carries no refresh token: the first one stays.
  refresh: { mode: 'static', inactivityDays: 180 },
  profile: {
    url: 'https://health.googleapis.com/v4/users/me/identity',
    subject: 'healthUserId',
    // The Fitbit id of the same person, empty for those who never had one; Google allows no other use of it.
    earlier: { path: 'legacyUserId', namespace: 'fitbit' },
    more: [
      {
        url: 'https://openidconnect.googleapis.com/v1/userinfo',
        name: 'name',
        email: 'email',
        emailVerified: 'email_verified',
        picture: 'picture',
      },
    ],
  },
  api: { baseUrls: ['https://health.googleapis.com', 'https://openidconnect.googleapis.com'] },
  revoke: { url: 'https://oauth2.googleapis.com/revoke', style: 'token-only' },
  manageUrl: 'https://myaccount.google.com/connections',
  consoleUrl: 'https://console.cloud.google.com/apis/library/health.googleapis.com',
  docsUrl: 'https://developers.google.com/health',
  register: {
    steps: [
      'In the Cloud console, create a project and enable the Google Health API.',
      'Create an OAuth client id of the type Web application and enter the callback URL among its redirect URIs.',
      'Add the Google Health scopes to the consent screen, and yourself to its test users.',
    ],
    callbackRule: 'Compared exactly; https, except localhost.',
    needs: [
      'Every scope of Google Health is restricted: above 100 people it takes a verification of the app and a yearly security assessment.',
    ],
  },
  quirks: [
    'Client ids of dev.fitbit.com do not work here, and tokens of the Fitbit Web API cannot be moved: each person consents again.',
    'People may untick single scopes: what came back in scope is what may be read.',
    '64-bit numbers are strings, durations are texts such as "7200s", days are objects.',
    'An account without a Fitbit profile fails every data call.',
    'Status 403 on every call can mean that the person has to remove the app and connect it again.',
  ],
  limits: [
    '300 calls a minute for each person; 120,000 a minute for each project.',
    '100 people until the app is verified.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'identity and its fields',
        basis: 'documented',
        source: 'https://developers.google.cn/health/reference/rest/v4/users/getIdentity',
      },
      {
        claim: 'migration from Fitbit, offline access',
        basis: 'documented',
        source: 'https://developers.google.com/health/migration/data-access',
      },
      { claim: 'limits', basis: 'documented', source: 'https://developers.google.com/health/rate-limits' },
      {
        claim: '403 until the person connects again',
        basis: 'reported',
        source: 'https://github.com/arpanghosh8453/fitbit-grafana/issues/79',
      },
    ],
  },
  readings: [
    { id: 'steps', reader: 'google-health/steps', scopes: [`${health}.activity_and_fitness.readonly`] },
    {
      id: 'heart-rate',
      reader: 'google-health/resting-heart-rate',
      scopes: [`${health}.health_metrics_and_measurements.readonly`],
    },
    { id: 'sleep', reader: 'google-health/sleep', scopes: [`${health}.sleep.readonly`] },
  ],
});
