import { defineProvider } from '../definition.js';

/** GitHub OAuth apps. */
export const github = defineProvider({
  id: 'github',
  name: 'GitHub',
  protocol: 'oauth2',
  category: 'code',
  mark: 'github',
  featured: true,
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
    rateLimit: {
      limit: 'x-ratelimit-limit',
      remaining: 'x-ratelimit-remaining',
      reset: 'x-ratelimit-reset',
      resetIn: 'epoch',
    },
  },
  // Not RFC 7009: the app names the token in JSON and proves itself with Basic.
  revoke: { url: 'https://api.github.com/applications/{clientId}/token', style: 'client-json', method: 'DELETE' },
  manageUrl: 'https://github.com/settings/applications',
  consoleUrl: 'https://github.com/settings/developers',
  docsUrl: 'https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
  register: {
    steps: [
      'Register an OAuth app (not a GitHub App) in the developer settings.',
      'Enter the callback URL, and generate a client secret.',
    ],
    callbackRule: 'One for each app; a longer path below it is accepted.',
  },
  quirks: [
    'Without "Accept: application/json" the token answer is a form.',
    'Errors of the token request come with status 200.',
    'A token has no end and there is no refresh token.',
    'A person may change accounts on the way: who it is, is read anew each time.',
  ],
  limits: ['5,000 calls an hour for each person.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'requests and answers',
        basis: 'documented',
        source: 'https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
      },
      {
        claim: 'PKCE',
        basis: 'documented',
        source: 'https://github.blog/changelog/2025-07-14-pkce-support-for-oauth-and-github-app-authentication',
        date: '2025-07-14',
      },
      { claim: 'iss in the callback', basis: 'reported', date: '2026-04-11' },
      {
        claim: 'an app deletes its token',
        basis: 'documented',
        source: 'https://docs.github.com/rest/apps/oauth-applications',
      },
    ],
  },
  readings: [{ id: 'repositories', reader: 'github/repositories' }],
});
