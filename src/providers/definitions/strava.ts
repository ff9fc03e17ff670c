import { defineProvider } from '../definition.js';

export const strava = defineProvider({
  id: 'strava',
  name: 'Strava',
  protocol: 'oauth2',
  category: 'health',
  mark: 'strava',
  status: {
    state: 'restricted',
    note: 'Since June 2026 the owner of an app needs a Strava subscription, and ten athletes may use it; on 1 June 2027 the API moves to www.api-v3.strava.com.',
  },
  signIn: false,
  authorize: { url: 'https://www.strava.com/oauth/authorize', parameters: { approval_prompt: 'auto' } },
  // People may untick scopes, and what they granted is told in the callback alone.
  callback: { scopes: { parameter: 'scope', separator: ',' } },
  token: {
    url: 'https://www.strava.com/oauth/token',
    clientAuth: 'post',
    lifetimeSeconds: 21_600,
    rules: {
      errors: [{ path: 'errors.0.code', code: 'errors.0.code', description: 'message' }],
      errorCodes: { invalid: 'invalid_grant' },
    },
  },
  scopes: { signIn: ['read'], connect: ['read', 'activity:read_all', 'profile:read_all'], separator: ',' },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://www.strava.com/api/v3/athlete',
    subject: 'id',
    name: ['firstname', 'lastname'],
    username: 'username',
    picture: 'profile',
  },
  api: {
    baseUrls: ['https://www.strava.com/api/v3'],
    // Where the API lives from June 2027.
    hosts: ['https://www.api-v3.strava.com'],
    rateLimit: { limit: 'X-RateLimit-Limit' },
  },
  // Takes the place of /oauth/deauthorize, which goes in June 2027; either token ends both.
  revoke: { url: 'https://www.strava.com/oauth/revoke' },
  manageUrl: 'https://www.strava.com/settings/apps',
  consoleUrl: 'https://www.strava.com/settings/api',
  docsUrl: 'https://developers.strava.com/docs/authentication',
  register: {
    steps: ['Create an application; enter the domain of the callback URL as the Authorization Callback Domain.'],
    callbackRule: 'Its domain alone is compared. It must have no query: Strava appends its own blindly.',
    needs: ['A Strava subscription of the owner of the app.'],
  },
  quirks: [
    'The athlete stands beside the token on the first exchange, not on refreshes.',
    'expires_at stands beside expires_in.',
    'Status 403 with "Application", "Status", "Inactive" means that the subscription of the owner has ended.',
  ],
  limits: ['Two limits, for 15 minutes and for a day, in one header: "200,2000".'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'subscription, ten athletes, new host',
        basis: 'documented',
        source: 'https://communityhub.strava.com/insider-journal-9/an-update-to-our-developer-program-13428',
      },
      {
        claim: '/oauth/revoke',
        basis: 'reported',
        source: 'https://github.com/dblock/strava-ruby-client/pull/102',
      },
      { claim: 'error shape of the token endpoint', basis: 'reported' },
    ],
  },
});
