/** Checks a signed request against what the sandbox handed out (RFC 5849 section 3.2). */
import type { KeyObject } from 'node:crypto';
import { type RefusalReason, type VerifiedRequest, verifyRequest } from '../../oauth1/index.js';
import type { ProviderDefinition } from '../../providers/index.js';
import { clientSecret, definitionOfClient, publicKeyOf } from '../clients.js';
import type { SandboxContext } from '../context.js';
import type { SandboxRequest } from '../request.js';
import { type Problem, timestampWindowSeconds } from './problems.js';

export interface Verified {
  readonly definition: ProviderDefinition;
  /** Empty where none was needed. */
  readonly token: string;
  parameter(name: string): string | undefined;
}

/** Which token a request must be signed with. */
export type TokenKind = 'none' | 'temporary' | 'access';

export function temporarySecret(context: SandboxContext, token: string): string {
  return context.keys.tokenSecret(`temporary:${token}`);
}

export function tokenSecret(context: SandboxContext, token: string): string {
  return context.keys.tokenSecret(`access:${token}`);
}

/** @param definitions those that use the endpoint; the client id tells which one it is */
export async function verifySigned(
  context: SandboxContext,
  request: SandboxRequest,
  definitions: readonly ProviderDefinition[],
  kind: TokenKind,
): Promise<Verified | { readonly problem: Problem }> {
  const candidates = definitions.filter((definition) => definition.oauth1 !== undefined);
  const outcome = await verifyRequest(
    {
      method: request.method,
      url: `${request.origin}${request.path}${request.query === '' ? '' : `?${request.query}`}`,
      headers: request.headers,
      body: request.body,
    },
    {
      clientSecret: (clientId) => (definitionOfClient(clientId, candidates) ? clientSecret : undefined),
      publicKey: (clientId) => rsaKeyOf(definitionOfClient(clientId, candidates)),
      tokenSecret: (clientId, token) => secretOf(context, definitionOfClient(clientId, candidates), token, kind),
    },
    {
      methods: [...new Set(candidates.flatMap((definition) => definition.oauth1?.signatureMethod ?? []))],
      nonceStore: { claim: async (key, expiresAt) => claimNonce(context, key, expiresAt) },
      now: () => context.shownNow(),
      windowSeconds: timestampWindowSeconds,
      token: kind === 'none' ? 'forbidden' : 'required',
      realm: 'sandbox',
    },
  );
  if (!outcome.verified) return { problem: problems[outcome.reason] };
  return acceptable(outcome, candidates);
}

function rsaKeyOf(definition: ProviderDefinition | undefined): KeyObject | undefined {
  return definition && publicKeyOf(definition);
}

function acceptable(
  outcome: VerifiedRequest,
  candidates: readonly ProviderDefinition[],
): Verified | { readonly problem: Problem } {
  const definition = definitionOfClient(outcome.clientId, candidates);
  if (definition?.oauth1?.signatureMethod !== outcome.signatureMethod) return { problem: problems.method_not_allowed };
  const { protocolParameters } = outcome;
  return {
    definition,
    token: outcome.token ?? '',
    // An empty parameter is as good as none.
    parameter: (name) => (Object.hasOwn(protocolParameters, name) ? protocolParameters[name] || undefined : undefined),
  };
}

/** Tokens are bound to the client they were given to: with another one they are unknown. */
function secretOf(
  context: SandboxContext,
  definition: ProviderDefinition | undefined,
  token: string,
  kind: TokenKind,
): string | undefined {
  if (!definition) return undefined;
  if (kind === 'temporary') {
    const isTheirs = context.temporaryCredentials.find(token)?.provider === definition.id;
    return isTheirs ? temporarySecret(context, token) : undefined;
  }
  const isTheirs = context.grants.findAccess(token)?.grant.provider === definition.id;
  return isTheirs ? tokenSecret(context, token) : undefined;
}

/** The verifier counts in the shown clock; what is stored counts in the real one. */
function claimNonce(context: SandboxContext, key: string, expiresAt: Date): boolean {
  return context.temporaryCredentials.claimNonce(key, context.now() + expiresAt.getTime() - context.shownNow());
}

const problems: Readonly<Record<RefusalReason, Problem>> = {
  malformed_request: { name: 'parameter_rejected', status: 400 },
  no_credentials: { name: 'parameter_absent', status: 400 },
  several_placements: { name: 'parameter_rejected', status: 400 },
  malformed_authorization: { name: 'parameter_rejected', status: 400 },
  repeated_parameter: { name: 'parameter_rejected', status: 400 },
  missing_parameter: { name: 'parameter_absent', status: 400 },
  unsupported_version: { name: 'version_rejected', status: 400 },
  method_not_allowed: { name: 'signature_method_rejected', status: 400 },
  insecure_transport: { name: 'signature_method_rejected', status: 400 },
  malformed_timestamp: { name: 'timestamp_refused', status: 401 },
  malformed_nonce: { name: 'parameter_rejected', status: 400 },
  timestamp_out_of_window: { name: 'timestamp_refused', status: 401 },
  token_missing: { name: 'parameter_absent', status: 400 },
  token_not_expected: { name: 'parameter_rejected', status: 400 },
  unknown_client: { name: 'consumer_key_unknown', status: 401 },
  unknown_token: { name: 'token_rejected', status: 401 },
  invalid_signature: { name: 'signature_invalid', status: 401 },
  invalid_body_hash: { name: 'signature_invalid', status: 401 },
  nonce_used: { name: 'nonce_used', status: 401 },
};
