import { defineProvider } from '../definition.js';

/** Slack: a person's own token in a workspace, by the app's installation. */
export const slack = defineProvider({
  id: 'slack',
  name: 'Slack',
  protocol: 'oauth2',
  category: 'work',
  // Signing in has an interface of its own: `slack-oidc`.
  signIn: false,
  authorize: { url: 'https://slack.com/oauth/v2/authorize' },
  token: {
    url: 'https://slack.com/api/oauth.v2.access',
    clientAuth: 'post',
    lifetimeSeconds: 43_200,
    rules: {
      // The token at the top level is the bot's.
      root: 'authed_user',
      tokenType: 'Bearer',
      scopeSeparator: ',',
      // Every failure has status 200.
      errors: [{ path: 'ok', equals: false, code: 'error' }],
      errorCodes: {
        invalid_code: 'invalid_grant',
        code_already_used: 'invalid_grant',
        invalid_refresh_token: 'invalid_grant',
        token_revoked: 'invalid_grant',
        token_expired: 'invalid_grant',
        invalid_client_id: 'invalid_client',
        bad_client_secret: 'invalid_client',
        ratelimited: 'temporarily_unavailable',
      },
    },
  },
  // `scope` would ask for a bot.
  scopes: { signIn: ['users:read'], connect: ['users:read'], separator: ',', parameter: 'user_scope' },
  // Only apps that opted in may send it.
  pkce: 'forbidden',
  // When token rotation is switched on in the app; tokens do not end otherwise.
  refresh: { mode: 'rotating' },
  profile: {
    url: 'https://slack.com/api/auth.test',
    method: 'POST',
    // A user id is good within its workspace.
    subject: ['team_id', 'user_id'],
    name: ['user', 'team'],
    username: 'user',
  },
  api: { baseUrls: ['https://slack.com/api'] },
  revoke: { url: 'https://slack.com/api/auth.revoke', style: 'bearer' },
  manageUrl: 'https://my.slack.com/apps/manage',
  consoleUrl: 'https://api.slack.com/apps',
  docsUrl: 'https://docs.slack.dev/authentication/installing-with-oauth',
  register: {
    steps: [
      'Create an app from scratch and add the callback URL under OAuth & Permissions.',
      'Add the user token scopes that the app asks for.',
      'Switch on token rotation, if tokens shall end; that cannot be undone.',
    ],
    callbackRule: 'A longer address below the registered one is accepted; https.',
  },
  quirks: ['Answers say ok: false with status 200.', 'Team, enterprise and bot stand beside the token.'],
  confidence: {
    level: 'high',
    checked: '2026-11-21',
    note: 'Written from collected facts; no documented answers are replayed against it.',
    claims: [
      {
        claim: 'token rotation, nested tokens',
        basis: 'documented',
        source: 'https://docs.slack.dev/authentication/using-token-rotation',
      },
      { claim: 'PKCE only for apps that opted in', basis: 'reported' },
      { claim: 'error codes', basis: 'reported' },
    ],
  },
});
