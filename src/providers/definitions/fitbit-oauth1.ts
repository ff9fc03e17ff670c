import { defineProvider } from '../definition.js';
import { fitbit } from './fitbit.js';

/** Fitbit as the earlier systems used it. Fitbit removed OAuth 1 on 12 April 2016, so this lives in the sandbox. */
export const fitbitOAuth1 = defineProvider({
  id: 'fitbit-oauth1',
  name: 'Fitbit (OAuth 1.0a)',
  protocol: 'oauth1',
  category: 'health',
  mark: 'fitbit',
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
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    claims: [
      { claim: 'endpoints', basis: 'reported', source: 'https://github.com/smurthas/fitbit-js/issues/16' },
      {
        claim: 'token answers',
        basis: 'reported',
        source: 'https://github.com/orcasgit/python-fitbit/issues/57',
        date: '2015-03-05',
      },
      {
        claim: 'ended on 12 April 2016',
        basis: 'reported',
        source: 'https://github.com/mbmccormick/fitminder/issues/8',
      },
    ],
  },
  // Without scopes: a person allows everything or nothing.
  readings: fitbit.readings?.map(({ id, reader }) => ({ id, reader })),
});
