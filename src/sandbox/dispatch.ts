/** From a request to its answer: protocol endpoints first, then the APIs below them. */
import type { ProviderDefinition } from '../providers/index.js';
import { type Answer, empty, json } from './answer.js';
import { callApi } from './api.js';
import type { SandboxContext } from './context.js';
import type { EndpointRole, FoundEndpoint } from './endpoints.js';
import { findNamedEndpoint } from './instances.js';
import { authorizeTemporaryCredentials } from './oauth1/authorize.js';
import { revokeSigned } from './oauth1/revoke.js';
import { exchangeTemporaryCredentials, issueTemporaryCredentials } from './oauth1/token-endpoints.js';
import { authorize } from './oauth2/authorize.js';
import { deviceCodeEntry, startDeviceAuthorization } from './oauth2/device.js';
import { discoveryDocument, jwks } from './oauth2/id-token.js';
import { introspect } from './oauth2/introspection.js';
import { revokeToken } from './oauth2/revoke.js';
import { exchangeToken } from './oauth2/token.js';
import { homePage } from './pages/home.js';
import type { SandboxRequest } from './request.js';

type Handler = (context: SandboxContext, endpoint: FoundEndpoint, request: SandboxRequest) => Answer | Promise<Answer>;

interface Served {
  /** One list for all, or what the definitions at the endpoint want. */
  readonly methods: readonly string[] | ((definition: ProviderDefinition) => string);
  readonly handle: Handler;
}

const read = ['GET', 'HEAD'];

// An authorization page may act at once (autoApprove), so HEAD is not taken for GET there.
const served: Readonly<Record<EndpointRole, Served>> = {
  authorize: { methods: ['GET', 'POST'], handle: authorize },
  token: { methods: ({ token }) => token?.method ?? 'POST', handle: exchangeToken },
  'device-authorization': { methods: ['POST'], handle: startDeviceAuthorization },
  'device-code-page': { methods: ['GET', 'POST'], handle: deviceCodeEntry },
  revoke: { methods: (definition) => definition.revoke?.method ?? 'POST', handle: revoke },
  introspection: { methods: ['POST'], handle: introspect },
  // Providers differ in the method they document here; the RFC leaves it to them.
  'temporary-credentials': { methods: ['GET', 'POST'], handle: issueTemporaryCredentials },
  'oauth1-access-token': { methods: ['GET', 'POST'], handle: exchangeTemporaryCredentials },
  'oauth1-authorize': { methods: ['GET', 'POST'], handle: authorizeTemporaryCredentials },
  discovery: { methods: read, handle: (_context, endpoint, request) => discoveryDocument(endpoint, request) },
  jwks: { methods: read, handle: (context) => jwks(context) },
};

/**
 * Waits for nothing outside this process, so that no other request is handled in between: two requests cannot spend one code,
 * and when a call shows up in the list of calls, what it changed has been written.
 */
export async function dispatch(context: SandboxContext, request: SandboxRequest): Promise<Answer> {
  if (request.path === '/') return read.includes(request.method) ? homePage(context.definitions) : notAllowed(read);
  const endpoint =
    context.endpoints.find(request.path, request.query) ??
    findNamedEndpoint(context.definitions, request.path, request.query);
  if (endpoint) {
    const { methods: wanted, handle } = served[endpoint.role];
    const methods = typeof wanted === 'function' ? [...new Set(endpoint.definitions.map(wanted))] : wanted;
    return methods.includes(request.method) ? handle(context, endpoint, request) : notAllowed(methods);
  }
  return (await callApi(context, request)) ?? notFound();
}

function revoke(context: SandboxContext, endpoint: FoundEndpoint, request: SandboxRequest): Answer | Promise<Answer> {
  const signed = endpoint.definitions.some((definition) => definition.revoke?.style === 'signed');
  return signed ? revokeSigned(context, endpoint, request) : revokeToken(context, endpoint, request);
}

function notAllowed(methods: readonly string[]): Answer {
  return empty(405, { Allow: methods.join(', ') });
}

function notFound(): Answer {
  return json(404, {
    error: 'not_found',
    error_description: 'No provider definition of this sandbox has an address here. The home page lists the providers.',
  });
}
