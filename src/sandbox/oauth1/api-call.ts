/** Signed API calls (RFC 5849 section 3). */
import type { ProviderDefinition } from '../../providers/index.js';
import type { Answer } from '../answer.js';
import type { Authorized } from '../api.js';
import type { SandboxContext } from '../context.js';
import { isForm, type SandboxRequest } from '../request.js';
import { apiProblemAnswer } from './problems.js';
import { verifySigned } from './verification.js';

/** Whether a request claims to be signed, in any of the three places where the protocol's parameters may stand (section 3.5). */
export function isSigned(request: SandboxRequest): boolean {
  if (request.headers.authorization !== undefined) return /^OAuth(\s|$)/i.test(request.headers.authorization);
  if (new URLSearchParams(request.query).has('oauth_signature')) return true;
  return isForm(request.headers) && new URLSearchParams(request.body.toString('utf8')).has('oauth_signature');
}

export async function verifyApiCall(
  context: SandboxContext,
  request: SandboxRequest,
  candidates: readonly ProviderDefinition[],
): Promise<Authorized | { readonly refused: Answer }> {
  const verified = await verifySigned(context, request, candidates, 'access');
  if ('problem' in verified) return { refused: apiProblemAnswer(request, verified.problem) };
  const found = context.grants.findAccess(verified.token);
  if (!found) return { refused: apiProblemAnswer(request, { name: 'token_rejected', status: 401 }) };
  return { definition: verified.definition, grant: found.grant, scopes: undefined };
}
