/** Revocation by a request signed with the tokens that are to end, as X has it. */
import { type Answer, json } from '../answer.js';
import type { SandboxContext } from '../context.js';
import type { Endpoint } from '../endpoints.js';
import type { SandboxRequest } from '../request.js';
import { apiProblemAnswer } from './problems.js';
import { verifySigned } from './verification.js';

export async function revokeSigned(
  context: SandboxContext,
  endpoint: Endpoint,
  request: SandboxRequest,
): Promise<Answer> {
  const verified = await verifySigned(context, request, endpoint.definitions, 'access');
  if ('problem' in verified) return apiProblemAnswer(request, verified.problem);
  const found = context.grants.findAccess(verified.token);
  if (found) context.grants.end(found.grantId);
  return json(200, { access_token: verified.token });
}
