import { defineProvider } from '../definition.js';

const health = 'https://www.googleapis.com/auth/googlehealth';

/** Google Health, the only way to read Fitbit data since 2 November 2026; what "Connect Fitbit" means today. */
export const googleHealth = defineProvider({
  id: 'google-health',
  name: 'Fitbit (Google Health)',
  protocol: 'oauth2',
  labels: { signIn: 'Sign in with Fitbit (Google Health)', connect: 'Connect Fitbit (Google Health)' },
  // A health account may belong to a Google account that signs in by `google`; the grant alone is no way in.
  signIn: false,
  authorize: {
    url: 'https://accounts.google.com/o/oauth2/v2/auth',
    // Without these two Google gives no refresh token, and none on a second consent.
    parameters: { access_type: 'offline', prompt: 'consent', include_granted_scopes: 'true' },
    issuer: 'https://accounts.google.com',
  },
  token: { url: 'https://oauth2.googleapis.com/token', clientAuth: 'post' },
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
  refresh: { mode: 'static' },
  profile: {
    url: 'https://health.googleapis.com/v4/users/me/identity',
    subject: 'healthUserId',
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
  readings: [
    {
      id: 'steps',
      title: 'Steps',
      request: {
        method: 'POST',
        url: 'https://health.googleapis.com/v4/users/me/dataTypes/steps/dataPoints:dailyRollUp',
        body: { range: { start: { date: '{civil-6}' }, end: { date: '{civil+1}' } }, windowSizeDays: 1 },
      },
      list: 'rollupDataPoints',
      label: 'civilStartTime.date',
      // 64-bit numbers are JSON strings in this API.
      value: 'steps.countSum',
      unit: 'steps',
      shape: 'series',
    },
    {
      id: 'heart-rate',
      title: 'Resting heart rate',
      request: {
        url: 'https://health.googleapis.com/v4/users/me/dataTypes/daily-resting-heart-rate/dataPoints?filter=daily_resting_heart_rate.date%20%3E%3D%20%22{day-6}%22',
      },
      list: 'dataPoints',
      label: 'dailyRestingHeartRate.date',
      value: 'dailyRestingHeartRate.beatsPerMinute',
      unit: 'bpm',
      shape: 'series',
    },
    {
      id: 'sleep',
      title: 'Sleep',
      request: {
        // Sleep is filtered by its end only, at most 25 a page.
        url: 'https://health.googleapis.com/v4/users/me/dataTypes/sleep/dataPoints?pageSize=25&filter=sleep.interval.civil_end_time%20%3E%3D%20%22{day-6}%22',
      },
      list: 'dataPoints',
      label: 'sleep.interval.endTime',
      value: 'sleep.summary.minutesAsleep',
      unit: 'minutes',
      shape: 'series',
    },
  ],
});
