import { defineProvider } from '../definition.js';

/** Imgur as the earlier systems used it, by API 2 and OAuth 1.0a; gone with that API, so this lives in the sandbox. */
export const imgurOAuth1 = defineProvider({
  id: 'imgur-oauth1',
  name: 'Imgur (OAuth 1.0a)',
  protocol: 'oauth1',
  earlier: 'Earlier Imgur',
  category: 'media',
  mark: 'imgur',
  status: { state: 'shut', note: 'Imgur ended OAuth 1.0a together with its API 2. There is no successor.' },
  signIn: false,
  // Then over plain http; no credential of ours ever travels that way.
  oauth1: {
    requestToken: 'https://api.imgur.com/oauth/request_token',
    authorize: 'https://api.imgur.com/oauth/authorize',
    accessToken: 'https://api.imgur.com/oauth/access_token',
    signatureMethod: 'HMAC-SHA1',
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  // API 2 told no number: the account's name in addresses was all there was.
  profile: { url: 'https://api.imgur.com/2/account.json', subject: 'account.url', username: 'account.url' },
  api: { baseUrls: ['https://api.imgur.com/2'] },
  manageUrl: 'https://imgur.com/account/settings/apps',
  docsUrl: 'https://apidocs.imgur.com/',
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      { claim: 'endpoints', basis: 'reported', source: 'https://github.com/tenderlove/imgur2/issues/1' },
      { claim: 'profile answer', basis: 'inferred' },
    ],
  },
});
