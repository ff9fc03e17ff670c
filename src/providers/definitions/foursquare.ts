import { defineProvider } from '../definition.js';

/** Foursquare City Guide and Swarm by the v2 API, which its own pages call legacy. */
export const foursquare = defineProvider({
  id: 'foursquare',
  name: 'Foursquare',
  protocol: 'oauth2',
  category: 'social',
  mark: 'foursquare',
  status: {
    state: 'restricted',
    note: 'Documented as "Legacy Foursquare v2 API only"; new projects get service keys, and may not be given user authorization.',
  },
  signIn: false,
  authorize: {
    url: 'https://foursquare.com/oauth2/authorize',
    // Returns at once when the person approved the app before.
    signInUrl: 'https://foursquare.com/oauth2/authenticate',
  },
  token: {
    url: 'https://foursquare.com/oauth2/access_token',
    clientAuth: 'post',
    // Nothing else is documented or seen; the secret then stands in the address.
    method: 'GET',
    // The answer is {access_token} and nothing more: no type, no end, no scopes.
    rules: { tokenType: 'Bearer' },
  },
  scopes: { signIn: [], connect: [] },
  pkce: 'supported',
  refresh: { mode: 'none' },
  profile: {
    // `v` is the day whose behaviour is meant, and has to be there on every call.
    url: 'https://api.foursquare.com/v2/users/self?v=20231010',
    subject: 'response.user.id',
    name: ['response.user.firstName', 'response.user.lastName'],
    email: 'response.user.contact.email',
    picture: { template: '{response.user.photo.prefix}original{response.user.photo.suffix}' },
  },
  api: {
    baseUrls: ['https://api.foursquare.com/v2'],
    // Not in a header: v2 reads it from the query alone.
    token: { in: 'query', name: 'oauth_token' },
    rateLimit: {
      limit: 'X-RateLimit-Limit',
      remaining: 'X-RateLimit-Remaining',
      reset: 'X-RateLimit-Reset',
      resetIn: 'epoch',
    },
  },
  manageUrl: 'https://foursquare.com/settings/connections',
  consoleUrl: 'https://foursquare.com/developers/home',
  docsUrl: 'https://docs.foursquare.com/developer/reference/v2-authentication',
  register: {
    steps: ['Create a project and enter the callback URL as its redirect URL.'],
    needs: ['Whether a project made today is given user authorization could not be confirmed.'],
  },
  quirks: ['Every answer is wrapped in {meta, response}.', 'Every call needs v=YYYYMMDD.', 'There are no scopes.'],
  confidence: {
    level: 'medium',
    checked: '2026-11-21',
    claims: [
      {
        claim: 'requests and answers of v2',
        basis: 'documented',
        source: 'https://docs.foursquare.com/developer/reference/v2-authentication',
      },
      { claim: 'GET for the token', basis: 'reported' },
      { claim: 'PKCE is ignored', basis: 'inferred' },
    ],
  },
});
