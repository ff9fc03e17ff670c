import { defineProvider } from '../definition.js';

/** Microsoft accounts of work, school and home, by the common endpoint of the Microsoft identity platform; Outlook's data is in Graph. */
export const microsoft = defineProvider({
  id: 'microsoft',
  name: 'Microsoft',
  protocol: 'oidc',
  category: 'sign-in',
  signIn: true,
  // Each ID token names the issuer of its own tenant.
  issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
  openid: { discoveryUrl: 'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration' },
  authorize: { url: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize' },
  token: {
    url: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    clientAuth: 'post',
    // Between 60 and 90 minutes, at random: the answer tells.
    lifetimeSeconds: 3600,
  },
  scopes: {
    signIn: ['openid', 'profile', 'email'],
    connect: ['openid', 'profile', 'email', 'offline_access', 'User.Read'],
  },
  pkce: 'supported',
  // Each refresh brings a new token and leaves the old one alive.
  refresh: { mode: 'rotating', inactivityDays: 90, graceSeconds: 7_776_000 },
  profile: {
    // From the ID token. An address or user name is whatever the tenant's administrator typed in, so neither may say who somebody is.
    subject: ['tid', 'oid'],
    name: 'name',
    username: 'preferred_username',
    email: 'email',
  },
  api: {
    baseUrls: ['https://graph.microsoft.com/v1.0'],
    rateLimit: {
      limit: 'RateLimit-Limit',
      remaining: 'RateLimit-Remaining',
      reset: 'RateLimit-Reset',
      resetIn: 'seconds',
    },
  },
  manageUrl: 'https://account.live.com/consent/Manage',
  consoleUrl: 'https://entra.microsoft.com/',
  docsUrl: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
  register: {
    steps: [
      'In the Entra admin center, register an application for accounts in any organizational directory and personal accounts.',
      'Add the platform Web with the callback URL.',
      'Create a client secret under Certificates & secrets; it ends after two years at the latest.',
      'Add the delegated Graph permissions that the app asks for.',
    ],
    callbackRule: 'Compared exactly; https, except localhost, where the port does not matter.',
  },
  quirks: [
    'Scopes come back rewritten to full addresses and without offline_access.',
    'A token is for one resource: scopes of Graph and of another API cannot be mixed.',
    'mail may be empty for personal accounts; userPrincipalName is for display only.',
    "Outlook's own REST API ended in March 2024: calendars are at /me/calendars of Graph.",
    'A photo is bytes, not an address.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'requests and answers of the v2.0 endpoints',
        basis: 'documented',
        source: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
        date: '2024-04-08',
      },
      {
        claim: 'refresh tokens live 90 days and are not withdrawn by use',
        basis: 'documented',
        source: 'https://learn.microsoft.com/en-nz/entra/identity-platform/refresh-tokens',
      },
      { claim: 'oid and tid identify the account', basis: 'documented' },
      { claim: 'there is no revocation endpoint', basis: 'reported' },
    ],
  },
});
