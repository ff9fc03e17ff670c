import { defineProvider } from '../definition.js';

export const spotify = defineProvider({
  id: 'spotify',
  name: 'Spotify',
  protocol: 'oauth2',
  category: 'media',
  mark: 'spotify',
  status: {
    state: 'restricted',
    note: 'In Development Mode an app has one client id, five people and an owner with Premium; more takes an application.',
  },
  signIn: false,
  authorize: { url: 'https://accounts.spotify.com/authorize' },
  token: { url: 'https://accounts.spotify.com/api/token', clientAuth: 'basic', lifetimeSeconds: 3600 },
  scopes: { signIn: ['user-read-email'], connect: ['user-read-email'] },
  pkce: 'supported',
  // Six months after the consent a refresh token dies; using it does not help. Often the answer brings no new one, and the old one stays.
  refresh: { mode: 'rotating', lifetimeDays: 180 },
  profile: {
    url: 'https://api.spotify.com/v1/me',
    // New in May 2026; Spotify asks for it in place of `id`, which may be a changed user name.
    subject: 'account_id',
    name: 'display_name',
    username: 'id',
    // Documented as unverified.
    email: 'email',
    picture: 'images.0.url',
  },
  api: { baseUrls: ['https://api.spotify.com/v1'] },
  manageUrl: 'https://www.spotify.com/account/apps/',
  consoleUrl: 'https://developer.spotify.com/dashboard',
  docsUrl: 'https://developer.spotify.com/documentation/web-api/tutorials/code-flow',
  register: {
    steps: ['Create an app in the dashboard and enter the callback URL.', 'Add the people who may use it, up to five.'],
    callbackRule:
      'Compared exactly; https, or plain http to a loopback address such as 127.0.0.1. "localhost" is refused.',
    needs: ['The owner of the app has a Premium subscription.'],
  },
  quirks: ['An expired refresh token is invalid_grant: the person connects again.'],
  limits: ['Calls are counted over 30 seconds; a 429 names its Retry-After.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'refresh tokens end after six months',
        basis: 'documented',
        source: 'https://developer.spotify.com/blog/2026-06-18-refresh-token-expiration',
        date: '2026-06-18',
      },
      {
        claim: 'account_id',
        basis: 'documented',
        source: 'https://developer.spotify.com/documentation/web-api/references/changes/may-2026',
      },
      {
        claim: 'loopback addresses',
        basis: 'documented',
        source: 'https://developer.spotify.com/documentation/web-api/concepts/redirect_uri',
      },
    ],
  },
});
