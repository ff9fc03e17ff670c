import { defineProvider } from '../definition.js';

/** X by OAuth 2 with PKCE; checked against X's developer pages in August 2026. */
export const x = defineProvider({
  id: 'x',
  name: 'X',
  protocol: 'oauth2',
  // The same accounts as over OAuth 1, so a person is recognised whichever way they come.
  namespace: 'twitter',
  labels: { signIn: 'Sign in with X (OAuth 2)', connect: 'Connect X (OAuth 2)' },
  signIn: true,
  authorize: { url: 'https://x.com/i/oauth2/authorize' },
  // Confidential clients must use Basic; the authorization code lives 30 seconds.
  token: { url: 'https://api.x.com/2/oauth2/token', clientAuth: 'basic' },
  // /2/users/me asks for both read scopes; without offline.access there is no refresh token.
  scopes: {
    signIn: ['tweet.read', 'users.read'],
    connect: ['tweet.read', 'users.read', 'offline.access'],
  },
  pkce: 'required',
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://api.x.com/2/users/me?user.fields=profile_image_url',
    subject: 'data.id',
    name: 'data.name',
    username: 'data.username',
    picture: 'data.profile_image_url',
  },
  api: { baseUrls: ['https://api.x.com'] },
  revoke: { url: 'https://api.x.com/2/oauth2/revoke' },
  manageUrl: 'https://x.com/settings/connected_apps',
  consoleUrl: 'https://console.x.com',
  docsUrl: 'https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code',
  readings: [
    {
      id: 'posts',
      title: 'Latest posts',
      request: { url: 'https://api.x.com/2/users/{subject}/tweets?max_results=5&tweet.fields=created_at' },
      list: 'data',
      label: 'created_at',
      value: 'text',
      shape: 'texts',
    },
  ],
});
