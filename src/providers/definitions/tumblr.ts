import { defineProvider } from '../definition.js';

/** Tumblr by OAuth 1.0a, still documented beside OAuth 2. */
export const tumblr = defineProvider({
  id: 'tumblr',
  name: 'Tumblr (OAuth 1.0a)',
  protocol: 'oauth1',
  category: 'social',
  mark: 'tumblr',
  earlier: 'Earlier Tumblr',
  // A blog's unique id may change "under exceptional circumstances", which is too little to hang an account on.
  signIn: false,
  oauth1: {
    requestToken: 'https://www.tumblr.com/oauth/request_token',
    authorize: 'https://www.tumblr.com/oauth/authorize',
    accessToken: 'https://www.tumblr.com/oauth/access_token',
    signatureMethod: 'HMAC-SHA1',
    placement: 'header',
    // As documented; most services take POST.
    accessTokenMethod: 'GET',
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: {
    url: 'https://api.tumblr.com/v2/user/info',
    // There is no id of a person. The primary blog stands first in every answer that could be read, and its uuid survives a new name.
    subject: 'response.user.blogs.0.uuid',
    name: 'response.user.blogs.0.title',
    username: 'response.user.name',
  },
  api: { baseUrls: ['https://api.tumblr.com/v2'] },
  manageUrl: 'https://www.tumblr.com/settings/apps',
  consoleUrl: 'https://www.tumblr.com/oauth/apps',
  docsUrl: 'https://github.com/tumblr/docs/blob/master/api.md',
  register: {
    steps: [
      'Register an application; consumer key and secret are shown at once.',
      'Enter the callback URL as the default callback URL.',
    ],
  },
  quirks: [
    'Every answer is wrapped in {meta, response}.',
    'The User-Agent has to be there and to stay the same, or the application may be suspended.',
    'Post ids are 64-bit numbers: use id_string.',
    'POST /v2/oauth2/exchange swaps an OAuth 1 token for an OAuth 2 pair without asking the person, and ends the OAuth 1 token.',
  ],
  limits: ['300 calls a minute and IP address; 1,000 an hour and 5,000 a day for each consumer key.'],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: "The newest stored version of Tumblr's pages is of October 2024; programs of 2026 use the same endpoints.",
    claims: [
      {
        claim: 'endpoints, HMAC-SHA1 in the header, answers',
        basis: 'documented',
        source: 'https://github.com/tumblr/docs/blob/708be10978b23e29eb4bc97109dd11f30be3e12b/api.md',
        date: '2024-10-18',
      },
      { claim: 'the primary blog stands first', basis: 'inferred' },
    ],
  },
  readings: [{ id: 'posts', reader: 'tumblr/posts' }],
});
