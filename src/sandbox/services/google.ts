/** Google accounts: the user-info endpoint of OpenID Connect (Core section 5.3) and the habits of Google's token endpoint. */
import { type Answer, json } from '../answer.js';
import type { Person } from '../people.js';
import { decimalId } from './account-ids.js';
import type { ApiCall, Service } from './service.js';

const longNames: Readonly<Record<string, string>> = {
  email: 'https://www.googleapis.com/auth/userinfo.email',
  profile: 'https://www.googleapis.com/auth/userinfo.profile',
};

export const google: Service = {
  hosts: ['accounts.google.com', 'oauth2.googleapis.com', 'openidconnect.googleapis.com', 'www.googleapis.com'],
  defaultAccountId: '108204268033311374519',
  accountId: (seed) => decimalId(seed, 21),
  related: [],
  tokens: {
    accessTokenTtlSeconds: 3600,
    reportScope: (scope) => longNames[scope] ?? scope,
    refreshTokenOnlyOnFirstConsent: true,
    revoked: {},
  },
  jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
  unauthorized: (problem, path) =>
    path.endsWith('/userinfo')
      ? { status: 401, body: { error: 'invalid_request', error_description: 'Invalid Credentials' } }
      : googleRefusal(401, 'UNAUTHENTICATED', unauthenticated[problem]),
  answer(call) {
    const isUserInfo =
      (call.host === 'openidconnect.googleapis.com' && call.path === '/v1/userinfo') ||
      (call.host === 'www.googleapis.com' && call.path === '/oauth2/v3/userinfo');
    return isUserInfo ? userInfo(call) : undefined;
  },
};

const unauthenticated = {
  missing: 'Request is missing required authentication credential. Expected OAuth 2 access token.',
  invalid: 'Request had invalid authentication credentials. Expected OAuth 2 access token.',
  expired: 'Request had invalid authentication credentials. Expected OAuth 2 access token.',
  signature: 'Request had invalid authentication credentials. Expected OAuth 2 access token.',
} as const;

/** The error shape of Google's APIs (google.rpc.Status as JSON). */
export function googleRefusal(status: number, code: string, message: string): { status: number; body: unknown } {
  return { status, body: { error: { code: status, message, status: code } } };
}

export function insufficientScopes(): Answer {
  const refused = googleRefusal(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.');
  return json(refused.status, refused.body);
}

function userInfo(call: ApiCall): Answer {
  if (!call.allows('openid', 'profile', 'email')) return insufficientScopes();
  const subject = call.elsewhere.google ?? call.person.subject;
  return json(200, {
    sub: subject,
    ...(call.allows('profile') ? profileClaims(call.person) : {}),
    ...(call.allows('email') ? emailClaims(call.person) : {}),
  });
}

/** Standard claims behind the scope `profile` (OpenID Connect Core section 5.1). */
export function profileClaims(person: Person): Record<string, unknown> {
  const [given = person.name, ...family] = person.name.split(' ');
  return {
    name: person.name,
    given_name: given,
    ...(family.length > 0 ? { family_name: family.join(' ') } : {}),
    ...(person.picture === undefined ? {} : { picture: person.picture }),
  };
}

/** Standard claims behind the scope `email`. */
export function emailClaims(person: Person): Record<string, unknown> {
  return {
    ...(person.email === undefined ? {} : { email: person.email }),
    ...(person.emailVerified === undefined ? {} : { email_verified: person.emailVerified }),
  };
}
