import { defineProvider } from '../definition.js';

/** Zotero gives API keys by OAuth 1.0a: calls are not signed afterwards. */
export const zotero = defineProvider({
  id: 'zotero',
  name: 'Zotero',
  protocol: 'oauth1',
  category: 'knowledge',
  mark: 'zotero',
  signIn: false,
  oauth1: {
    requestToken: 'https://www.zotero.org/oauth/request',
    authorize: 'https://www.zotero.org/oauth/authorize',
    accessToken: 'https://www.zotero.org/oauth/access',
    signatureMethod: 'HMAC-SHA1',
  },
  // What the key shall be good for.
  authorize: {
    parameters: { name: 'Latchkey', library_access: '1', notes_access: '0', write_access: '0', all_groups: 'none' },
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: { url: 'https://api.zotero.org/keys/current', subject: 'userID', username: 'username' },
  api: {
    baseUrls: ['https://api.zotero.org'],
    headers: { 'Zotero-API-Version': '3' },
    // The token secret is the key.
    token: { in: 'header', name: 'Zotero-API-Key' },
  },
  manageUrl: 'https://www.zotero.org/settings/keys',
  consoleUrl: 'https://www.zotero.org/oauth/apps',
  docsUrl: 'https://www.zotero.org/support/dev/web_api/v3/oauth',
  register: { steps: ['Register an application; client key and secret are client id and client secret here.'] },
  quirks: ['userID and username stand beside the token.', 'The headers Backoff and Retry-After have to be obeyed.'],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'API key in a header',
        basis: 'documented',
        source: 'https://www.zotero.org/support/dev/web_api/v3/basics',
      },
      { claim: 'the secret is the key; names of parameters', basis: 'reported' },
    ],
  },
});
