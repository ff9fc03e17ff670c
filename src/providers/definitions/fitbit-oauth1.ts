import { defineProvider } from '../definition.js';
import { fitbit } from './fitbit.js';

/** Fitbit as the earlier systems used it. Fitbit removed OAuth 1 on 12 April 2016, so this lives in the sandbox. */
export const fitbitOAuth1 = defineProvider({
  id: 'fitbit-oauth1',
  name: 'Fitbit (OAuth 1.0a)',
  protocol: 'oauth1',
  namespace: 'fitbit',
  labels: { signIn: 'Sign in with Fitbit (OAuth 1.0a)', connect: 'Connect Fitbit (OAuth 1.0a)' },
  earlier: 'Earlier Fitbit',
  status: {
    state: 'shut',
    sunset: '2016-04-12',
    successor: 'google-health',
    note: 'Fitbit ended OAuth 1.0a in 2016. Each person consents again at Google Health.',
  },
  signIn: false,
  oauth1: {
    requestToken: 'https://api.fitbit.com/oauth/request_token',
    authorize: 'https://www.fitbit.com/oauth/authorize',
    accessToken: 'https://api.fitbit.com/oauth/access_token',
    signatureMethod: 'HMAC-SHA1',
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: {
    url: 'https://api.fitbit.com/1/user/-/profile.json',
    subject: 'user.encodedId',
    name: 'user.fullName',
    username: 'user.displayName',
  },
  api: { baseUrls: ['https://api.fitbit.com'] },
  manageUrl: 'https://www.fitbit.com/settings/applications',
  docsUrl: 'https://dev.fitbit.com/build/reference/web-api/',
  readings: fitbit.readings,
});
