import { defineProvider } from '../definition.js';

export const dropbox = defineProvider({
  id: 'dropbox',
  name: 'Dropbox',
  protocol: 'oauth2',
  category: 'work',
  mark: 'dropbox',
  signIn: false,
  authorize: {
    url: 'https://www.dropbox.com/oauth2/authorize',
    // Without it there is no refresh token.
    connectParameters: { token_access_type: 'offline' },
  },
  token: { url: 'https://api.dropboxapi.com/oauth2/token', clientAuth: 'post', lifetimeSeconds: 14_400 },
  // An empty `scope` would be an error; none at all means all that the app has.
  scopes: { signIn: ['account_info.read'], connect: ['account_info.read'] },
  pkce: 'supported',
  refresh: { mode: 'static' },
  profile: {
    url: 'https://api.dropboxapi.com/2/users/get_current_account',
    // Reads are POST as well, and a JSON content type without a body is refused.
    method: 'POST',
    subject: 'account_id',
    name: 'name.display_name',
    email: 'email',
    emailVerified: 'email_verified',
    picture: 'profile_photo_url',
  },
  api: { baseUrls: ['https://api.dropboxapi.com/2', 'https://content.dropboxapi.com/2'] },
  revoke: { url: 'https://api.dropboxapi.com/2/auth/token/revoke', style: 'bearer' },
  manageUrl: 'https://www.dropbox.com/account/connected_apps',
  consoleUrl: 'https://www.dropbox.com/developers/apps',
  docsUrl: 'https://www.dropbox.com/developers/documentation/http/documentation',
  register: {
    steps: [
      'Create an app with scoped access, and enter the callback URL.',
      'Tick account_info.read and what else is needed.',
    ],
    callbackRule: 'Compared exactly; https, except localhost.',
    needs: ['Production status above 50 people.'],
  },
  quirks: ["Errors are status 409 with error_summary and error['.tag'].", 'uid and account_id stand beside the token.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints, offline access',
        basis: 'documented',
        source: 'https://www.dropbox.com/developers/documentation/http/documentation',
      },
      { claim: 'production status above 50 people', basis: 'inferred' },
    ],
  },
});
