import { defineProvider } from '../definition.js';

export const discord = defineProvider({
  id: 'discord',
  name: 'Discord',
  protocol: 'oauth2',
  category: 'social',
  mark: 'discord',
  signIn: true,
  authorize: { url: 'https://discord.com/oauth2/authorize' },
  // JSON bodies are refused.
  token: { url: 'https://discord.com/api/oauth2/token', clientAuth: 'basic', lifetimeSeconds: 604_800 },
  scopes: { signIn: ['identify', 'email'], connect: ['identify', 'email'] },
  pkce: 'supported',
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://discord.com/api/v10/users/@me',
    subject: 'id',
    name: 'global_name',
    username: 'username',
    email: 'email',
    emailVerified: 'verified',
    // The answer holds the picture's hash alone.
    picture: { template: 'https://cdn.discordapp.com/avatars/{id}/{avatar}.png' },
  },
  api: {
    baseUrls: ['https://discord.com/api/v10'],
    rateLimit: {
      limit: 'X-RateLimit-Limit',
      remaining: 'X-RateLimit-Remaining',
      reset: 'X-RateLimit-Reset-After',
      resetIn: 'seconds',
    },
  },
  // Either token ends both.
  revoke: { url: 'https://discord.com/api/oauth2/token/revoke' },
  manageUrl: 'https://discord.com/settings/authorized-apps',
  consoleUrl: 'https://discord.com/developers/applications',
  docsUrl: 'https://discord.com/developers/docs/topics/oauth2',
  register: {
    steps: ['Create an application and add the callback URL under OAuth2, Redirects.'],
    callbackRule: 'Compared exactly.',
  },
  quirks: ['With webhook.incoming a webhook stands beside the token.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints, Basic or form, revocation',
        basis: 'documented',
        source: 'https://discord.com/developers/docs/topics/oauth2',
      },
      { claim: 'PKCE is accepted', basis: 'reported' },
    ],
  },
});
