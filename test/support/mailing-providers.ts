/**
 * Three made-up providers, one of each protocol, that pass an e-mail address and its flag on exactly as the sandbox was told. The real ones
 * differ too much in what they say about addresses to compare protocols with them.
 */
import { defineProvider } from '../../src/providers/index.js';

const profile = { subject: 'id', name: 'name', username: 'login', email: 'email', emailVerified: 'email_verified' };

export const mailingProviders = [
  defineProvider({
    id: 'mail-one',
    name: 'Mail One',
    protocol: 'oauth1',
    oauth1: {
      requestToken: 'https://one.example/request',
      authorize: 'https://one.example/authorize',
      accessToken: 'https://one.example/access',
      signatureMethod: 'HMAC-SHA1',
    },
    scopes: { signIn: [], connect: [] },
    pkce: 'forbidden',
    profile: { url: 'https://one.example/me', ...profile },
    api: { baseUrls: ['https://one.example'] },
    revoke: { url: 'https://one.example/revoke', style: 'signed' },
  }),
  defineProvider({
    id: 'mail-two',
    name: 'Mail Two',
    protocol: 'oauth2',
    authorize: { url: 'https://two.example/authorize' },
    token: { url: 'https://two.example/token', clientAuth: 'post' },
    scopes: { signIn: ['me'], connect: ['me', 'more'] },
    pkce: 'required',
    refresh: { mode: 'rotating' },
    profile: { url: 'https://two.example/me', ...profile },
    api: { baseUrls: ['https://two.example'] },
    revoke: { url: 'https://two.example/revoke' },
  }),
  defineProvider({
    id: 'mail-oidc',
    name: 'Mail OpenID',
    protocol: 'oidc',
    issuer: 'https://id.example',
    authorize: { url: 'https://id.example/authorize' },
    token: { url: 'https://id.example/token', clientAuth: 'post' },
    scopes: { signIn: ['openid', 'email', 'profile'], connect: ['openid', 'email', 'profile'] },
    pkce: 'required',
    refresh: { mode: 'static' },
    profile: { url: 'https://id.example/userinfo', ...profile, subject: 'sub', username: 'preferred_username' },
    api: { baseUrls: ['https://id.example'] },
    revoke: { url: 'https://id.example/revoke' },
  }),
];
