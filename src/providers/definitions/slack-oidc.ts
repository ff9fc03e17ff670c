import { defineProvider } from '../definition.js';

/** Sign in with Slack, by OpenID Connect; it cannot be combined with other scopes. */
export const slackOidc = defineProvider({
  id: 'slack-oidc',
  name: 'Slack (sign-in)',
  protocol: 'oidc',
  namespace: 'slack',
  labels: { signIn: 'Sign in with Slack', connect: 'Connect Slack (sign-in)' },
  category: 'sign-in',
  signIn: true,
  issuer: 'https://slack.com',
  authorize: { url: 'https://slack.com/openid/connect/authorize' },
  token: {
    url: 'https://slack.com/api/openid.connect.token',
    clientAuth: 'post',
    rules: {
      errors: [{ path: 'ok', equals: false, code: 'error' }],
      errorCodes: {
        invalid_code: 'invalid_grant',
        code_already_used: 'invalid_grant',
        invalid_client_id: 'invalid_client',
        bad_client_secret: 'invalid_client',
      },
    },
  },
  scopes: { signIn: ['openid', 'profile', 'email'], connect: ['openid', 'profile', 'email'] },
  pkce: 'forbidden',
  refresh: { mode: 'none' },
  profile: {
    url: 'https://slack.com/api/openid.connect.userInfo',
    // Claims are named by addresses.
    subject: ['/https:~1~1slack.com~1team_id', '/https:~1~1slack.com~1user_id'],
    name: 'name',
    email: 'email',
    emailVerified: 'email_verified',
    picture: 'picture',
  },
  api: { baseUrls: ['https://slack.com/api'] },
  manageUrl: 'https://my.slack.com/apps/manage',
  consoleUrl: 'https://api.slack.com/apps',
  docsUrl: 'https://docs.slack.dev/authentication/sign-in-with-slack',
  register: {
    steps: ['Create an app from scratch and add the callback URL under OAuth & Permissions.'],
    callbackRule: 'https.',
  },
  quirks: ['ok: true or false stands in the token and userinfo answers.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'endpoints and claims',
        basis: 'reported',
        source: 'https://docs.slack.dev/authentication/sign-in-with-slack',
      },
      { claim: 'error codes', basis: 'reported' },
    ],
  },
});
