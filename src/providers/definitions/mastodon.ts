import { defineProvider } from '../definition.js';

/** Mastodon, on the server that the person names. */
export const mastodon = defineProvider({
  id: 'mastodon',
  name: 'Mastodon',
  protocol: 'oauth2',
  category: 'social',
  mark: 'mastodon',
  // Any server could claim to speak for somebody else's account.
  signIn: false,
  instance: {
    label: 'Your server',
    placeholder: 'mastodon.social',
    pattern: '(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.){1,5}[a-z]{2,24}',
    default: 'mastodon.social',
    // Clients are registered on each server.
    client: 'host',
  },
  authorize: { url: 'https://{instance}/oauth/authorize' },
  token: { url: 'https://{instance}/oauth/token', clientAuth: 'post' },
  // `profile` came with 4.3; before it read:accounts did the same.
  scopes: { signIn: ['profile'], connect: ['profile'] },
  pkce: 'supported',
  // Tokens do not end.
  refresh: { mode: 'none' },
  profile: {
    url: 'https://{instance}/oauth/userinfo',
    // The address of the actor, unlike an account number good for all servers.
    subject: 'sub',
    name: 'name',
    username: 'preferred_username',
    picture: 'picture',
  },
  api: {
    baseUrls: ['https://{instance}/api'],
    rateLimit: {
      limit: 'X-RateLimit-Limit',
      remaining: 'X-RateLimit-Remaining',
      reset: 'X-RateLimit-Reset',
      resetIn: 'date',
    },
  },
  revoke: { url: 'https://{instance}/oauth/revoke' },
  manageUrl: 'https://{instance}/oauth/authorized_applications',
  consoleUrl: 'https://{instance}/settings/applications',
  docsUrl: 'https://docs.joinmastodon.org/methods/oauth/',
  register: {
    steps: [
      'On the server, open Preferences, Development, and add an application with the callback URL and the scope profile.',
    ],
    callbackRule: 'Compared exactly.',
  },
  quirks: ['created_at stands beside the token, expires_in does not.', '/oauth/userinfo came with version 4.4.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints, scopes, PKCE',
        basis: 'documented',
        source:
          'https://github.com/mastodon/documentation/blob/2903485da54a20f1da5e7dfb8b34712e6196e8f7/content/en/methods/oauth.md',
      },
    ],
  },
});
