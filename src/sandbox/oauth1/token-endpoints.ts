/** Temporary credentials and their exchange for token credentials (RFC 5849 sections 2.1 and 2.3). */
import { type Answer, formEncoded, notCached } from '../answer.js';
import type { SandboxContext } from '../context.js';
import type { Endpoint } from '../endpoints.js';
import { digest } from '../grants.js';
import { besideTheToken } from '../person-facts.js';
import { isAllowedRedirect } from '../redirect-uris.js';
import type { SandboxRequest } from '../request.js';
import { tokenServiceOf } from '../services/index.js';
import { problemAnswer } from './problems.js';
import { temporarySecret, tokenSecret, verifySigned } from './verification.js';

export async function issueTemporaryCredentials(
  context: SandboxContext,
  endpoint: Endpoint,
  request: SandboxRequest,
): Promise<Answer> {
  const verified = await verifySigned(context, request, endpoint.definitions, 'none');
  if ('problem' in verified) return problemAnswer(context, verified.problem);
  const callback = verified.parameter('oauth_callback');
  if (callback === undefined) return problemAnswer(context, { name: 'parameter_absent', status: 400 });
  if (!isAllowedRedirect(callback, verified.definition.id, context.redirectBasePaths)) {
    return problemAnswer(context, { name: 'parameter_rejected', status: 400 });
  }
  const token = context.grants.newSecret('temporary');
  context.temporaryCredentials.issue(token, verified.definition.id, callback);
  return credentials([
    ['oauth_token', token],
    ['oauth_token_secret', temporarySecret(context, token)],
    ['oauth_callback_confirmed', 'true'],
  ]);
}

export async function exchangeTemporaryCredentials(
  context: SandboxContext,
  endpoint: Endpoint,
  request: SandboxRequest,
): Promise<Answer> {
  const verified = await verifySigned(context, request, endpoint.definitions, 'temporary');
  if ('problem' in verified) return problemAnswer(context, verified.problem);
  const { definition, token } = verified;
  const known = context.temporaryCredentials.find(token);
  // Without the person's consent there is nothing to exchange yet.
  if (!known?.authorized) return problemAnswer(context, { name: 'permission_unknown', status: 401 });
  const verifier = verified.parameter('oauth_verifier');
  if (verifier === undefined) return problemAnswer(context, { name: 'parameter_absent', status: 400 });
  if (digest(verifier) !== known.authorized.verifierDigest) {
    return problemAnswer(context, { name: 'verifier_invalid', status: 401 });
  }
  const { subject, elsewhere, at } = known.authorized;
  const access = context.grants.issueLasting(
    { provider: definition.id, subject, elsewhere, scopes: [], authorizedAt: at },
    [context.temporaryCredentials.removal(token)],
  );
  const beside = besideTheToken(definition.profile, context.people.find(definition, subject));
  const extras = tokenServiceOf(definition).oauth1Extras?.(context.people.find(definition, subject)) ?? {};
  return credentials([
    ['oauth_token', access],
    // A secret that is sent as a key has to be found by itself.
    ['oauth_token_secret', definition.api.token ? access : tokenSecret(context, access)],
    ...Object.entries(beside).map(([name, value]) => [name, String(value)] as const),
    ...Object.entries(extras),
  ]);
}

/** Form-encoded, and labelled as a web page: that is what X does, so clients must not choose their parser by the label. */
function credentials(fields: readonly (readonly [string, string])[]): Answer {
  return formEncoded(200, fields, { ...notCached, 'Content-Type': 'text/html; charset=utf-8' });
}
