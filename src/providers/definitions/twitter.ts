import { defineProvider } from '../definition.js';

/** X (Twitter) by OAuth 1.0a, documented in X's current developer pages; checked against them in August 2026. */
export const twitter = defineProvider({
  id: 'twitter',
  name: 'X (Twitter)',
  protocol: 'oauth1',
  signIn: true,
  oauth1: {
    requestToken: 'https://api.x.com/oauth/request_token',
    authorize: 'https://api.x.com/oauth/authorize',
    // Returns at once when the person approved the app before; `authorize` always asks.
    authenticate: 'https://api.x.com/oauth/authenticate',
    accessToken: 'https://api.x.com/oauth/access_token',
    signatureMethod: 'HMAC-SHA1',
  },
  // The app's own registration decides between read and write; OAuth 1 has no scopes.
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: {
    url: 'https://api.x.com/2/users/me?user.fields=profile_image_url',
    // Never the user name: it can be changed, and taken over by somebody else afterwards.
    subject: 'data.id',
    name: 'data.name',
    username: 'data.username',
    picture: 'data.profile_image_url',
  },
  api: { baseUrls: ['https://api.x.com'] },
  revoke: { url: 'https://api.x.com/1.1/oauth/invalidate_token.json', style: 'signed' },
  manageUrl: 'https://x.com/settings/connected_apps',
  consoleUrl: 'https://console.x.com',
  docsUrl: 'https://docs.x.com/fundamentals/authentication/oauth-1-0a/overview',
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
