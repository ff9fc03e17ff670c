import { defineProvider } from '../definition.js';

export const garmin = defineProvider({
  id: 'garmin',
  name: 'Garmin Connect',
  protocol: 'oauth2',
  category: 'health',
  mark: 'garmin',
  status: {
    state: 'restricted',
    note: 'Clients are given to companies that Garmin has approved for its developer programme.',
  },
  signIn: false,
  authorize: { url: 'https://connect.garmin.com/oauth2Confirm' },
  token: {
    url: 'https://diauth.garmin.com/di-oauth2-service/oauth/token',
    clientAuth: 'post',
    lifetimeSeconds: 86_400,
  },
  // Set on the app, not in the request.
  scopes: { signIn: [], connect: [] },
  pkce: 'required',
  // refresh_token_expires_in beside the token says about three months.
  refresh: { mode: 'rotating', inactivityDays: 90 },
  profile: { url: 'https://apis.garmin.com/wellness-api/rest/user/id', subject: 'userId' },
  api: { baseUrls: ['https://apis.garmin.com'] },
  revoke: {
    url: 'https://apis.garmin.com/partner-gateway/rest/user/registration',
    style: 'bearer',
    method: 'DELETE',
  },
  manageUrl: 'https://connect.garmin.com/',
  consoleUrl: 'https://developerportal.garmin.com/',
  docsUrl: 'https://developer.garmin.com/gc-developer-program/',
  register: {
    steps: [
      'Apply for the Connect developer programme.',
      'Create an app in the developer portal and enter the callback URL.',
    ],
    needs: ['An approval for companies; Garmin does not take private projects.'],
  },
  quirks: [
    'What the person permitted is told by /partner-gateway/rest/user/permissions.',
    'Data is pushed; the user id in a push says whose it is, the token no longer does.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints, PKCE, lifetimes',
        basis: 'reported',
        source: 'https://github.com/marazt/garmin-connect-client/issues/11',
      },
      { claim: 'user id, deregistration', basis: 'reported' },
    ],
  },
});
