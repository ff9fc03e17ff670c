import { defineProvider } from '../definition.js';

/** Salesforce, at the My Domain of the person's company. */
export const salesforce = defineProvider({
  id: 'salesforce',
  name: 'Salesforce',
  protocol: 'oauth2',
  category: 'work',
  // A company's administrators decide who its people are.
  signIn: false,
  instance: {
    label: 'Your My Domain',
    placeholder: 'example.my.salesforce.com',
    pattern: '[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?(?:\\.sandbox|\\.develop)?\\.my\\.salesforce\\.com',
    client: 'shared',
  },
  authorize: { url: 'https://{instance}/services/oauth2/authorize' },
  // There is no expires_in: the company sets how long a session lasts, and a 401 says that it is over.
  token: { url: 'https://{instance}/services/oauth2/token', clientAuth: 'post' },
  scopes: { signIn: ['openid'], connect: ['openid', 'api', 'refresh_token'] },
  // External Client Apps, the only ones that can be created since spring 2026, enforce PKCE and rotation.
  pkce: 'required',
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://{instance}/services/oauth2/userinfo',
    subject: ['organization_id', 'user_id'],
    name: 'name',
    username: 'preferred_username',
    email: 'email',
    emailVerified: 'email_verified',
    picture: 'picture',
  },
  api: { baseUrls: ['https://{instance}'], rateLimit: { remaining: 'Sforce-Limit-Info' } },
  revoke: { url: 'https://{instance}/services/oauth2/revoke' },
  manageUrl: 'https://{instance}/',
  consoleUrl: 'https://login.salesforce.com/',
  docsUrl: 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_web_server_flow.htm',
  register: {
    steps: [
      'In Setup, open the External Client App Manager and create an app with OAuth.',
      'Enter the callback URL and the scopes, and take consumer key and secret.',
    ],
    callbackRule: 'Compared exactly; https, except localhost.',
    needs: ['Companies may block apps that they have not installed.'],
  },
  quirks: [
    'issued_at is a text with milliseconds since 1970.',
    'instance_url beside the token names the host of the API: the My Domain that was asked for.',
    'updated_at in userinfo may be a text.',
  ],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'External Client Apps enforce PKCE and rotation',
        basis: 'documented',
        source: 'https://developer.salesforce.com/docs/platform/isvforce/guide/secure-code-ac-eca.md',
      },
      { claim: 'every endpoint is served by the My Domain', basis: 'inferred' },
      { claim: 'userinfo', basis: 'reported' },
    ],
  },
});
