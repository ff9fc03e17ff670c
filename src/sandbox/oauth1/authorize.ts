/** The person's part of OAuth 1.0a: the consent page and the way back with a verifier (RFC 5849 section 2.2). */
import { type Answer, seeOther, withQuery } from '../answer.js';
import { clientIdOf } from '../clients.js';
import type { SandboxContext } from '../context.js';
import type { Endpoint } from '../endpoints.js';
import { consentPage } from '../pages/consent.js';
import { errorPage, outOfBandPage } from '../pages/messages.js';
import { isOutOfBand } from '../redirect-uris.js';
import { isForm, Parameters, type SandboxRequest } from '../request.js';
import type { TemporaryCredentials } from './temporary-credentials.js';

/** GET shows the page, for `authenticate` as for `authorize`; POST is the page's form. */
export function authorizeTemporaryCredentials(
  context: SandboxContext,
  endpoint: Endpoint,
  request: SandboxRequest,
): Answer {
  const isDecision = request.method === 'POST';
  if (isDecision && !isForm(request.headers)) return errorPage('The decision did not come from a form.');
  const parameters = new Parameters(isDecision ? request.body.toString('utf8') : request.query);
  if (parameters.isRepeated('oauth_token')) return errorPage('The parameter oauth_token was given more than once.');
  const token = parameters.get('oauth_token');
  const known = token === undefined ? undefined : context.temporaryCredentials.find(token);
  const definition = endpoint.definitions.find((each) => each.id === known?.provider);
  if (token === undefined || !known || !definition) {
    return errorPage('The request token is unknown, used or older than ten minutes.');
  }
  const consenter = context.people.consenting(definition);
  if (!isDecision && !context.behaviour.current.autoApprove) {
    return consentPage({
      providerName: definition.name,
      clientId: clientIdOf(definition),
      returnsTo: known.callback,
      person: consenter.person,
      scopes: [],
      endpoint,
      fields: parameters.entries(),
    });
  }
  const decision = isDecision ? parameters.get('decision') : 'allow';
  if (decision === 'deny') return deny(context, token, known, definition.name);
  if (decision !== 'allow') return errorPage('The form was sent without a decision.');
  const verifier = isOutOfBand(known.callback) ? pinFrom(context) : context.grants.newSecret('verifier');
  const by = { subject: consenter.person.subject, elsewhere: consenter.elsewhere };
  context.temporaryCredentials.authorize(token, known, by, verifier);
  if (isOutOfBand(known.callback)) return outOfBandPage(definition.name, verifier);
  return seeOther(withQuery(known.callback, { oauth_token: token, oauth_verifier: verifier }));
}

/** As X does it: no verifier, no error, only the token under another name. */
function deny(context: SandboxContext, token: string, known: TemporaryCredentials, providerName: string): Answer {
  context.temporaryCredentials.remove(token);
  if (isOutOfBand(known.callback)) return outOfBandPage(providerName, undefined);
  return seeOther(withQuery(known.callback, { denied: token }));
}

/** Seven digits, as people are asked to type them. */
function pinFrom(context: SandboxContext): string {
  return String(1_000_000 + (context.randomBytes(4).readUInt32BE(0) % 9_000_000));
}
