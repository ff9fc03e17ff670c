/** Reads a request to the token endpoint, and refuses one that is not made the way its definition says. */
import type { ProviderDefinition } from '../../providers/index.js';
import { isForm, mediaType, Parameters, type SandboxRequest } from '../request.js';
import { OAuth2Refusal } from './refusal.js';

export interface TokenParameters {
  readonly parameters: Parameters;
  readonly method: 'GET' | 'POST';
  readonly format: 'form' | 'json';
}

/** Whatever way it was made, so that an error can be given in the shape of whoever seems to ask. */
export function readTokenRequest(request: SandboxRequest): TokenParameters {
  if (request.method === 'GET') return { parameters: new Parameters(request.query), method: 'GET', format: 'form' };
  if (mediaType(request.headers) === 'application/json') {
    return { parameters: new Parameters(jsonFields(request.body)), method: 'POST', format: 'json' };
  }
  const body = isForm(request.headers) ? request.body.toString('utf8') : '';
  return { parameters: new Parameters(body), method: 'POST', format: 'form' };
}

/** @throws OAuth2Refusal `invalid_request` */
export function checkManner(request: SandboxRequest, read: TokenParameters, definition?: ProviderDefinition): void {
  const { method = 'POST', format = 'form', parameters = {} } = definition?.token ?? {};
  if (read.method !== method) throw new OAuth2Refusal('invalid_request', `The request must be a ${method}.`);
  if (method === 'POST' && (read.format !== format || (format === 'form' && !isForm(request.headers)))) {
    throw new OAuth2Refusal(
      'invalid_request',
      `The body must be ${format === 'json' ? 'application/json' : 'form-encoded'}.`,
    );
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (read.parameters.get(name) !== value) throw new OAuth2Refusal('invalid_request', `${name} must be "${value}".`);
  }
}

/** A JSON object of texts, in the form that all other requests have. */
function jsonFields(body: Buffer): string {
  const query = new URLSearchParams();
  try {
    const fields: unknown = JSON.parse(body.toString('utf8'));
    for (const [name, value] of Object.entries(fields ?? {})) query.append(name, String(value));
  } catch {
    // Nothing readable is nothing at all: what is missing will be named.
  }
  return query.toString();
}
