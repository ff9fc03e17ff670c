import { defineProvider } from '../definition.js';

/** Wikipedia and its sister projects by OAuth 1.0a; OAuth 2 is what its pages recommend. */
export const wikimediaOAuth1 = defineProvider({
  id: 'wikimedia-oauth1',
  name: 'Wikimedia (OAuth 1.0a)',
  protocol: 'oauth1',
  namespace: 'wikimedia',
  earlier: 'Earlier Wikimedia',
  category: 'knowledge',
  mark: 'wikipedia',
  signIn: false,
  oauth1: {
    // The `title` is part of what is signed; the short addresses under /wiki/ fail the check.
    requestToken: 'https://meta.wikimedia.org/w/index.php?title=Special:OAuth/initiate',
    authorize: 'https://meta.wikimedia.org/wiki/Special:OAuth/authorize',
    authenticate: 'https://meta.wikimedia.org/wiki/Special:OAuth/authenticate',
    accessToken: 'https://meta.wikimedia.org/w/index.php?title=Special:OAuth/token',
    signatureMethod: 'HMAC-SHA1',
  },
  authorize: { parameters: { oauth_consumer_key: '{clientId}' } },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: {
    // Special:OAuth/identify would answer with a JWT; this tells the same central id in JSON.
    url: 'https://meta.wikimedia.org/w/api.php?action=query&meta=userinfo&uiprop=centralids&format=json',
    subject: 'query.userinfo.centralids.CentralAuth',
    username: 'query.userinfo.name',
  },
  api: {
    baseUrls: ['https://meta.wikimedia.org/w/api.php'],
    hosts: ['https://en.wikipedia.org', 'https://commons.wikimedia.org', 'https://www.wikidata.org'],
  },
  manageUrl: 'https://meta.wikimedia.org/wiki/Special:OAuthManageMyGrants',
  consoleUrl: 'https://meta.wikimedia.org/wiki/Special:OAuthConsumerRegistration/propose',
  docsUrl: 'https://www.mediawiki.org/wiki/OAuth/For_Developers',
  register: {
    steps: [
      'Propose an OAuth 1.0a consumer and allow it to name a callback that begins with yours; otherwise only "oob" is taken.',
      'Wait for its approval; until then it works for you alone.',
    ],
  },
  quirks: [
    'Failures are plain text that begins with "Error", with status 200.',
    'A User-Agent that names a contact is asked for.',
  ],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'endpoints', basis: 'documented', source: 'https://www.mediawiki.org/wiki/OAuth/For_Developers' },
      { claim: 'callback prefixes', basis: 'reported', source: 'https://pythonhosted.org/mwoauth' },
      { claim: 'the central id in userinfo equals sub', basis: 'inferred' },
    ],
  },
});
