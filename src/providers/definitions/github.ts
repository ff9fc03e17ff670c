import { defineProvider } from '../definition.js';

/** GitHub OAuth apps. */
export const github = defineProvider({
  id: 'github',
  name: 'GitHub',
  protocol: 'oauth2',
  signIn: true,
  authorize: {
    url: 'https://github.com/login/oauth/authorize',
    // Named in the callback since spring 2026; there is no discovery document.
    issuer: 'https://github.com/login/oauth',
  },
  token: {
    url: 'https://github.com/login/oauth/access_token',
    clientAuth: 'post',
    // Granted scopes are comma-separated, and errors arrive with status 200.
    rules: {
      scopeSeparator: ',',
      errors: [{ path: 'error', code: 'error', description: 'error_description' }],
      errorCodes: { incorrect_client_credentials: 'invalid_client', bad_verification_code: 'invalid_grant' },
    },
  },
  scopes: { signIn: ['read:user', 'user:email'], connect: ['read:user', 'user:email'] },
  pkce: 'supported',
  refresh: { mode: 'none' },
  profile: {
    url: 'https://api.github.com/user',
    subject: 'id',
    name: 'name',
    username: 'login',
    picture: 'avatar_url',
    // The profile's address is empty when private, so the verified one comes from the list.
    more: [
      {
        url: 'https://api.github.com/user/emails',
        select: { primary: true, verified: true },
        email: 'email',
        emailVerified: 'verified',
      },
    ],
  },
  api: {
    baseUrls: ['https://api.github.com'],
    headers: { Accept: 'application/vnd.github+json', 'X-GitHub-Api-Version': '2022-11-28' },
  },
  manageUrl: 'https://github.com/settings/applications',
  consoleUrl: 'https://github.com/settings/developers',
  docsUrl: 'https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
  readings: [
    {
      id: 'repositories',
      title: 'Repositories',
      request: { url: 'https://api.github.com/user/repos?per_page=5&sort=updated' },
      list: '$',
      label: 'updated_at',
      value: 'full_name',
      shape: 'texts',
    },
  ],
});
