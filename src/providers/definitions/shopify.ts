import { defineProvider } from '../definition.js';

/** One shop, which the person names; the account is the shop. */
export const shopify = defineProvider({
  id: 'shopify',
  name: 'Shopify',
  protocol: 'oauth2',
  category: 'commerce',
  mark: 'shopify',
  signIn: false,
  instance: {
    label: 'Your shop',
    placeholder: 'example.myshopify.com',
    pattern: '[a-z0-9][a-z0-9-]{0,60}\\.myshopify\\.com',
    client: 'shared',
  },
  authorize: { url: 'https://{instance}/admin/oauth/authorize' },
  callback: { signature: { parameter: 'hmac' }, instanceParameter: 'shop' },
  token: {
    url: 'https://{instance}/admin/oauth/access_token',
    clientAuth: 'post',
    // Tokens that end, which public apps have to use from 2027.
    parameters: { expiring: '1' },
    lifetimeSeconds: 3600,
    // No token type is told.
    rules: { tokenType: 'Bearer', scopeSeparator: ',' },
  },
  scopes: { signIn: ['read_products'], connect: ['read_products'], separator: ',' },
  // Not in the documentation; a server that does not know it ignores it.
  pkce: 'supported',
  // The last refresh token stays valid until its replacement is used for the first time.
  refresh: { mode: 'rotating', lifetimeDays: 90 },
  profile: {
    url: 'https://{instance}/admin/api/2026-07/shop.json',
    subject: 'shop.id',
    name: 'shop.name',
    username: 'shop.myshopify_domain',
    email: 'shop.email',
  },
  api: {
    baseUrls: ['https://{instance}/admin/api/2026-07'],
    // Not in Authorization.
    token: { in: 'header', name: 'X-Shopify-Access-Token' },
    rateLimit: { limit: 'X-Shopify-Shop-Api-Call-Limit' },
  },
  manageUrl: 'https://{instance}/admin/settings/apps',
  consoleUrl: 'https://dev.shopify.com/dashboard',
  docsUrl: 'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant',
  register: {
    steps: ['Create an app in the developer dashboard and enter the callback URL among its allowed redirection URLs.'],
    callbackRule: 'Compared exactly.',
  },
  quirks: [
    'API versions are quarterly and live a year: the one here is that of July 2026.',
    'Online tokens, for one member of the staff, are asked for with grant_options[]=per-user.',
  ],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'expiring tokens and their refresh',
        basis: 'documented',
        source: 'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens',
      },
      {
        claim: 'old refresh tokens',
        basis: 'documented',
        source: 'https://shopify.dev/changelog/more-resilient-refreshes-for-expiring-offline-access-tokens.md',
        date: '2026-08-28',
      },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
