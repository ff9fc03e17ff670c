import { defineProvider } from '../definition.js';

/** Polar AccessLink. */
export const polar = defineProvider({
  id: 'polar',
  name: 'Polar',
  protocol: 'oauth2',
  category: 'health',
  signIn: false,
  authorize: { url: 'https://flow.polar.com/oauth2/authorization' },
  // About ten years.
  token: { url: 'https://polarremote.com/v2/oauth2/token', clientAuth: 'basic', lifetimeSeconds: 315_360_000 },
  scopes: { signIn: ['accesslink.read_all'], connect: ['accesslink.read_all'] },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  refresh: { mode: 'none' },
  // The profile call fails until the person was registered, so only the answer to the exchange tells who it is.
  profile: { subject: '@token.x_user_id' },
  api: { baseUrls: ['https://www.polaraccesslink.com/v3'], headers: { Accept: 'application/json' } },
  revoke: { url: 'https://www.polaraccesslink.com/v3/users/{x_user_id}', style: 'bearer', method: 'DELETE' },
  manageUrl: 'https://account.polar.com/',
  consoleUrl: 'https://admin.polaraccesslink.com/',
  docsUrl: 'https://www.polar.com/accesslink-api/',
  register: { steps: ['Create a client and enter the callback URL.'] },
  quirks: ['A person has to be registered by POST /v3/users before any data call; 409 means that they are already.'],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      { claim: 'who it is, no refresh', basis: 'reported', source: 'https://www.polar.com/accesslink-api/' },
      { claim: 'addresses', basis: 'inferred' },
    ],
  },
});
