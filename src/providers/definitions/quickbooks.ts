import { defineProvider } from '../definition.js';

/** QuickBooks Online. Read as plain OAuth 2: userinfo, asked over the back channel, tells what the ID token would. */
export const quickbooks = defineProvider({
  id: 'quickbooks',
  name: 'QuickBooks',
  protocol: 'oauth2',
  category: 'commerce',
  mark: 'quickbooks',
  signIn: false,
  authorize: { url: 'https://appcenter.intuit.com/connect/oauth2' },
  // The company is told in the callback alone, and every API address names it.
  callback: { keep: [{ name: 'realmId', pattern: '[0-9]{5,25}', example: '9130347957983546', required: true }] },
  token: {
    url: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    clientAuth: 'basic',
    lifetimeSeconds: 3600,
    rules: { rename: { x_refresh_token_expires_in: 'refresh_token_expires_in' } },
  },
  scopes: {
    signIn: ['openid', 'profile', 'email'],
    connect: ['com.intuit.quickbooks.accounting', 'openid', 'profile', 'email'],
  },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  // 100 days from the last use, five years at the most; the value changes about daily.
  refresh: { mode: 'rotating', inactivityDays: 100, lifetimeDays: 1825 },
  profile: {
    url: 'https://accounts.platform.intuit.com/v1/openid_connect/userinfo',
    // One person may connect several companies.
    subject: ['sub', '@callback.realmId'],
    name: ['givenName', 'familyName'],
    email: 'email',
    emailVerified: 'emailVerified',
  },
  api: {
    baseUrls: ['https://quickbooks.api.intuit.com/v3/company/{realmId}'],
    hosts: ['https://sandbox-quickbooks.api.intuit.com'],
    // XML comes back otherwise.
    headers: { Accept: 'application/json' },
  },
  revoke: { url: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke' },
  manageUrl: 'https://accounts.intuit.com/',
  consoleUrl: 'https://developer.intuit.com/app/developer/dashboard',
  docsUrl: 'https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0',
  register: {
    steps: ['Create an app with the scope Accounting and enter the callback URL under Keys & OAuth.'],
    callbackRule: 'Compared exactly; https, except localhost with development keys.',
    needs: ['A questionnaire before production keys are given.'],
  },
  quirks: ['userinfo is written in camelCase.', "Intuit's own sandbox has another API host."],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'five years at the most',
        basis: 'documented',
        source: 'https://github.com/intuit/QuickBooks-V3-Java-SDK/releases/tag/v6.5.4',
      },
      { claim: 'endpoints and realmId', basis: 'reported' },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
