import { defineProvider } from '../definition.js';

export const flickr = defineProvider({
  id: 'flickr',
  name: 'Flickr',
  protocol: 'oauth1',
  category: 'media',
  mark: 'flickr',
  signIn: false,
  oauth1: {
    requestToken: 'https://www.flickr.com/services/oauth/request_token',
    authorize: 'https://www.flickr.com/services/oauth/authorize',
    accessToken: 'https://www.flickr.com/services/oauth/access_token',
    signatureMethod: 'HMAC-SHA1',
  },
  // read, write or delete: permissions go into the authorization address.
  authorize: { parameters: { perms: 'read' } },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: {
    // Without nojsoncallback the answer is a script.
    url: 'https://api.flickr.com/services/rest/?method=flickr.test.login&format=json&nojsoncallback=1',
    subject: 'user.id',
    username: 'user.username._content',
    name: '@token.fullname',
  },
  api: { baseUrls: ['https://api.flickr.com/services/rest'] },
  manageUrl: 'https://www.flickr.com/services/auth/list.gne',
  consoleUrl: 'https://www.flickr.com/services/apps/create/',
  docsUrl: 'https://www.flickr.com/services/api/auth.oauth.html',
  register: { steps: ['Ask for an API key, then enter the callback URL in the authentication flow of the app.'] },
  quirks: [
    'Failures have status 200 and {"stat": "fail"}.',
    'user_nsid, username and fullname stand beside the token.',
  ],
  limits: ['3,600 calls an hour for each key.'],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'endpoints', basis: 'documented', source: 'https://www.flickr.com/services/api/auth.oauth.html' },
      { claim: 'limit', basis: 'inferred' },
    ],
  },
});
