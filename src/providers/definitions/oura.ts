import { defineProvider } from '../definition.js';

export const oura = defineProvider({
  id: 'oura',
  name: 'Oura',
  protocol: 'oauth2',
  category: 'health',
  status: {
    state: 'restricted',
    note: 'Ten people until Oura has approved the app. Personal access tokens are withdrawn.',
  },
  signIn: false,
  authorize: { url: 'https://cloud.ouraring.com/oauth/authorize' },
  token: { url: 'https://api.ouraring.com/oauth/token', clientAuth: 'post', lifetimeSeconds: 86_400 },
  scopes: { signIn: ['personal'], connect: ['personal', 'daily', 'heartrate'] },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://api.ouraring.com/v2/usercollection/personal_info',
    subject: 'id',
    email: 'email',
  },
  api: { baseUrls: ['https://api.ouraring.com/v2'] },
  revoke: { url: 'https://api.ouraring.com/oauth/revoke?access_token={token}', style: 'bearer' },
  manageUrl: 'https://cloud.ouraring.com/',
  consoleUrl: 'https://cloud.ouraring.com/oauth/applications',
  docsUrl: 'https://cloud.ouraring.com/v2/docs',
  register: { steps: ['Create an application and enter the callback URL.'], needs: ['An approval above ten people.'] },
  quirks: ['Errors are problem documents (RFC 7807).', 'A refresh token that was used is "already used or revoked".'],
  limits: ['5,000 calls in five minutes for each token.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'errors', basis: 'documented', source: 'https://cloud.ouraring.com/docs/error-handling' },
      {
        claim: 'endpoints',
        basis: 'documented',
        source: 'https://cloud.ouraring.com/v2/static/json/openapi-1.35.json',
      },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
