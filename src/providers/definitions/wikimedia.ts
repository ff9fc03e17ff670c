import { defineProvider } from '../definition.js';

/** Wikipedia and its sister projects by OAuth 2, at their common wiki. */
export const wikimedia = defineProvider({
  id: 'wikimedia',
  name: 'Wikimedia',
  protocol: 'oauth2',
  category: 'knowledge',
  mark: 'wikipedia',
  signIn: true,
  authorize: { url: 'https://meta.wikimedia.org/w/rest.php/oauth2/authorize' },
  token: {
    url: 'https://meta.wikimedia.org/w/rest.php/oauth2/access_token',
    clientAuth: 'post',
    lifetimeSeconds: 14_400,
  },
  // Grants are fixed at registration.
  scopes: { signIn: [], connect: [] },
  pkce: 'supported',
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://meta.wikimedia.org/w/rest.php/oauth2/resource/profile',
    // The central id, the same on all wikis.
    subject: 'sub',
    name: 'realname',
    username: 'username',
    email: 'email',
    emailVerified: 'confirmed_email',
  },
  api: {
    baseUrls: ['https://meta.wikimedia.org/w/api.php'],
    hosts: ['https://en.wikipedia.org', 'https://commons.wikimedia.org', 'https://www.wikidata.org'],
  },
  manageUrl: 'https://meta.wikimedia.org/wiki/Special:OAuthManageMyGrants',
  consoleUrl: 'https://meta.wikimedia.org/wiki/Special:OAuthConsumerRegistration/propose/oauth2',
  docsUrl: 'https://www.mediawiki.org/wiki/OAuth/For_Developers',
  register: {
    steps: [
      'Propose an OAuth 2 client with the callback URL and the grants that it needs.',
      'Wait for its approval; until then it works for you alone.',
    ],
    needs: ['An approval by volunteers.'],
  },
  quirks: ['A User-Agent that names a contact is asked for.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'endpoints', basis: 'documented', source: 'https://www.mediawiki.org/wiki/OAuth/For_Developers' },
      { claim: 'four hours, PKCE, rotation', basis: 'inferred' },
    ],
  },
});
