import { defineProvider } from '../definition.js';

/** Imgur, closed to new grants since the middle of 2025; kept so that old connections explain themselves. */
export const imgur = defineProvider({
  id: 'imgur',
  name: 'Imgur',
  protocol: 'oauth2',
  category: 'media',
  mark: 'imgur',
  status: {
    state: 'shut',
    note: 'Since mid-2025 Imgur registers no clients, and its authorization page answers with error 1024. There is no successor.',
  },
  signIn: false,
  authorize: { url: 'https://api.imgur.com/oauth2/authorize' },
  token: {
    url: 'https://api.imgur.com/oauth2/token',
    clientAuth: 'post',
    // Ten years.
    lifetimeSeconds: 315_360_000,
    rules: {
      // {data: {error}, success: false, status}; only the words say what it is.
      errors: [{ path: 'success', equals: false, code: 'data.error', description: 'data.error' }],
      errorCodes: { 'Invalid refresh token': 'invalid_grant' },
    },
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'supported',
  refresh: { mode: 'static' },
  profile: {
    url: 'https://api.imgur.com/3/account/me',
    subject: 'data.id',
    username: 'data.url',
    picture: 'data.avatar',
  },
  api: {
    baseUrls: ['https://api.imgur.com/3'],
    rateLimit: {
      limit: 'X-RateLimit-UserLimit',
      remaining: 'X-RateLimit-UserRemaining',
      reset: 'X-RateLimit-UserReset',
    },
  },
  manageUrl: 'https://imgur.com/account/settings/apps',
  docsUrl: 'https://apidocs.imgur.com/',
  quirks: [
    'Every answer is wrapped in {data, success, status}.',
    'scope is null, and account_id and account_username stand beside the token.',
    'Anonymous uploads by old clients go on, with "Client-ID" instead of "Bearer".',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'closed',
        basis: 'reported',
        source: 'https://github.com/gavvvr/obsidian-imgur-plugin/issues/106',
      },
      {
        claim: 'token answer',
        basis: 'reported',
        source: 'https://apis.io/examples/imgur/imgur-issueAccessToken-example/',
      },
      { claim: 'the words of a refused refresh', basis: 'inferred' },
    ],
  },
});
