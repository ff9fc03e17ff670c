import { defineProvider } from '../definition.js';

export const zoom = defineProvider({
  id: 'zoom',
  name: 'Zoom',
  protocol: 'oauth2',
  category: 'work',
  mark: 'zoom',
  signIn: false,
  authorize: { url: 'https://zoom.us/oauth/authorize' },
  token: { url: 'https://zoom.us/oauth/token', clientAuth: 'basic', lifetimeSeconds: 3600 },
  // Set on the app; the request may leave them out.
  scopes: { signIn: ['user:read:user'], connect: ['user:read:user'] },
  pkce: 'supported',
  refresh: { mode: 'rotating', inactivityDays: 90 },
  profile: {
    url: 'https://api.zoom.us/v2/users/me',
    subject: 'id',
    name: ['first_name', 'last_name'],
    email: 'email',
    // 0 or 1.
    emailVerified: { path: 'verified', values: [1, true] },
    picture: 'pic_url',
  },
  api: {
    baseUrls: ['https://api.zoom.us/v2'],
    rateLimit: { limit: 'X-RateLimit-Limit', remaining: 'X-RateLimit-Remaining' },
  },
  revoke: { url: 'https://zoom.us/oauth/revoke' },
  manageUrl: 'https://marketplace.zoom.us/user/installed',
  consoleUrl: 'https://marketplace.zoom.us/user/build',
  docsUrl: 'https://developers.zoom.us/docs/integrations/oauth/',
  register: {
    steps: [
      'Create a general app that is managed by users, and enter the callback URL.',
      'Add the scope user:read:user.',
    ],
    callbackRule: 'Compared exactly with the allow list.',
  },
  quirks: ['A code lives five minutes.', 'Tokens die when the app is switched off.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'endpoints', basis: 'documented', source: 'https://developers.zoom.us/docs/integrations/oauth/' },
      { claim: 'refresh tokens live about 90 days', basis: 'reported' },
    ],
  },
});
