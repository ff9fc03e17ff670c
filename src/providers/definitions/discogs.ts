import { defineProvider } from '../definition.js';

export const discogs = defineProvider({
  id: 'discogs',
  name: 'Discogs',
  protocol: 'oauth1',
  category: 'media',
  mark: 'discogs',
  signIn: false,
  oauth1: {
    requestToken: 'https://api.discogs.com/oauth/request_token',
    authorize: 'https://www.discogs.com/oauth/authorize',
    accessToken: 'https://api.discogs.com/oauth/access_token',
    // As its guide shows; the connection's encryption is what protects the secrets then.
    signatureMethod: 'PLAINTEXT',
    requestTokenMethod: 'GET',
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: { url: 'https://api.discogs.com/oauth/identity', subject: 'id', username: 'username' },
  api: {
    baseUrls: ['https://api.discogs.com'],
    rateLimit: { limit: 'X-Discogs-Ratelimit', remaining: 'X-Discogs-Ratelimit-Remaining' },
  },
  manageUrl: 'https://www.discogs.com/settings/applications',
  consoleUrl: 'https://www.discogs.com/settings/developers',
  docsUrl: 'https://www.discogs.com/developers/',
  register: { steps: ['Create an application; consumer key and secret are shown at once.'] },
  quirks: [
    'Every call needs a User-Agent of its own, token calls included.',
    "The person's full profile, with the address, is at resource_url of the identity.",
  ],
  limits: ['60 calls a minute.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'endpoints and PLAINTEXT', basis: 'documented', source: 'https://www.discogs.com/developers/' },
      { claim: 'GET for the first step', basis: 'reported', source: 'https://nango.dev/docs/api-integrations/discogs' },
      { claim: 'limit', basis: 'inferred' },
    ],
  },
});
