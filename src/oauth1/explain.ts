/**
 * Shows how a signature came about, step by step as RFC 5849 section 3.4 builds it, with the secrets masked; and when the
 * provider told the base string it arrived at, where the two part and why.
 */

import { buildBaseString } from './base-string.js';
import { type BaseStringDifference, compareBaseStrings } from './base-string-difference.js';
import { constantTimeEqual } from './constant-time.js';
import { OAuth1Error } from './errors.js';
import { type ReadRequest, readIncomingRequest } from './incoming-request.js';
import { loadPrivateKey, sharedSecretKey } from './keys.js';
import { compareParameters, decodeParameter, serializeParameters, toProtocolField } from './parameters.js';
import { REDACTED } from './redacted.js';
import { findSignatureMethod, type SignatureMethod } from './signature-method.js';
import { signRequest } from './signer.js';
import type { Placement, SigningCredentials, SigningOptions, UnsignedRequest } from './signing-types.js';

/** A signed parameter, and where in the request it was found. */
export interface ExplainedParameter {
  readonly source: Placement;
  readonly name: string;
  readonly value: string;
  /** `name=value` as it stands in the normalised string. */
  readonly encoded: string;
}

/** The steps of section 3.4, in their order. It shows the request's parameters: treat it like the request itself. */
export interface SignatureExplanation {
  /** Upper case. */
  readonly method: string;
  readonly baseUri: string;
  /** Every parameter that is signed, in the order of the normalised string. */
  readonly parameters: readonly ExplainedParameter[];
  readonly normalizedParameters: string;
  readonly baseString: string;
  readonly signatureMethod: string;
  /** The key with its secrets masked, such as `[client secret]&[token secret]`. */
  readonly key: string;
  /** Masked for PLAINTEXT, where it is the key. */
  readonly signature: string;
  /** For a request that came with a signature: whether it is this one (undefined for key-pair methods without the key). */
  readonly isCarriedSignatureRight: boolean | undefined;
  /** Things about the credentials that often go wrong. */
  readonly notes: readonly string[];
  /** Only when the provider's base string was given. */
  readonly difference: BaseStringDifference | undefined;
  /** All of it as text for people. */
  toString(): string;
}

/**
 * Explains the signature a request gets, or the one it already carries.
 *
 * @param request unsigned, or signed and then explained as it is
 * @param options as for {@link signRequest}; `providerBaseString` is the base string from the provider's error message
 * @throws OAuth1Error what signing throws, and `oauth1_unreadable_request` for a signed request nobody could verify
 */
export function explainSignature<Further extends string = never>(
  request: UnsignedRequest,
  credentials: SigningCredentials,
  { providerBaseString, ...options }: SigningOptions<Further> & { providerBaseString?: string } = {},
): SignatureExplanation {
  const given = readText(request);
  const wasSigned = given !== 'no_credentials';
  const read = wasSigned ? given : readText({ method: request.method, ...signRequest(request, credentials, options) });
  if (typeof read === 'string') {
    throw new OAuth1Error('oauth1_unreadable_request', `The request cannot be explained: ${read}.`, { reason: read });
  }
  const signatureMethod = read.protocolParameters.get('oauth_signature_method') ?? '';
  const method = findSignatureMethod(signatureMethod, options.methods);
  const baseString = buildBaseString({
    method: request.method,
    baseUri: read.target.baseUri,
    parameters: [...read.parameters],
    fields: read.fields.map(toProtocolField),
  });
  const signature = sign(method, credentials, baseString);
  const carried = read.protocolParameters.get('oauth_signature') ?? '';
  const parameters = explainParameters(read);
  const steps = {
    method: request.method.toUpperCase(),
    baseUri: read.target.baseUri,
    parameters,
    normalizedParameters: parameters.map(({ encoded }) => encoded).join('&'),
    baseString,
    signatureMethod,
    key: maskKey(method, credentials),
    signature: method.needsSecureTransport === true ? REDACTED : (signature ?? carried),
    isCarriedSignatureRight: wasSigned && signature !== undefined ? constantTimeEqual(signature, carried) : undefined,
    notes: noteOddities(method, credentials),
    difference: providerBaseString === undefined ? undefined : compareBaseStrings(baseString, providerBaseString),
  };
  return { ...steps, toString: () => describe(steps) };
}

function readText(request: UnsignedRequest): ReadRequest | string {
  return readIncomingRequest({ ...request, headers: request.headers ?? {}, body: request.body?.toString() });
}

function explainParameters(read: ReadRequest): ExplainedParameter[] {
  return (['header', 'query', 'body'] as const)
    .flatMap((source) => read.found[source].map((parameter) => ({ source, parameter })))
    .filter(({ parameter }) => parameter.name !== 'oauth_signature')
    .sort((one, other) => compareParameters(one.parameter, other.parameter))
    .map(({ source, parameter }) => {
      const [name, value] = decodeParameter(parameter);
      return { source, name, value, encoded: serializeParameters([parameter]) };
    });
}

/** Undefined when a carried RSA signature is explained without the private key: the steps before it still tell a lot. */
function sign(method: SignatureMethod, credentials: SigningCredentials, baseString: string): string | undefined {
  if (method.kind === 'shared-secret') {
    return method.prepare(sharedSecretKey(credentials.clientSecret, credentials.tokenSecret))(baseString);
  }
  if (credentials.privateKey === undefined) return undefined;
  return method.prepareSigner(loadPrivateKey(credentials.privateKey))(baseString);
}

function maskKey(method: SignatureMethod, { clientSecret, tokenSecret }: SigningCredentials): string {
  if (method.kind === 'key-pair') return '[private key]';
  return `${clientSecret ? '[client secret]' : ''}&${tokenSecret ? '[token secret]' : ''}`;
}

function noteOddities(method: SignatureMethod, credentials: SigningCredentials): string[] {
  const notes: string[] = [];
  const parts = {
    'client id': credentials.clientId,
    'client secret': credentials.clientSecret,
    token: credentials.token,
  };
  for (const [name, value] of Object.entries({ ...parts, 'token secret': credentials.tokenSecret })) {
    if (value !== undefined && value !== value.trim()) notes.push(`The ${name} begins or ends with white space.`);
    if (value !== undefined && /%[0-9A-Fa-f]{2}/.test(value)) notes.push(`The ${name} looks percent-encoded already.`);
  }
  if (method.kind === 'shared-secret') {
    if (!credentials.clientSecret) notes.push('The client secret is empty.');
    if (credentials.token && !credentials.tokenSecret) notes.push('There is a token without a token secret.');
    if (!credentials.token && credentials.tokenSecret) notes.push('There is a token secret without a token.');
  }
  return notes;
}

function describe(steps: Omit<SignatureExplanation, 'toString'>): string {
  const lines = [
    `HTTP method            ${steps.method}`,
    `Base string URI        ${steps.baseUri}`,
    'Parameters',
    ...steps.parameters.map(({ source, encoded }) => `  ${source.padEnd(7)} ${encoded}`),
    `Normalised parameters  ${steps.normalizedParameters}`,
    `Base string            ${steps.baseString}`,
    `Signature method       ${steps.signatureMethod}`,
    `Key                    ${steps.key}`,
    `Signature              ${steps.signature}`,
  ];
  if (steps.isCarriedSignatureRight !== undefined) {
    lines.push(`The request carries    ${steps.isCarriedSignatureRight ? 'this signature' : 'another signature'}`);
  }
  lines.push(...steps.notes.map((note) => `Note                   ${note}`));
  for (const { message } of steps.difference?.causes ?? []) lines.push(`Likely cause           ${message}`);
  return lines.join('\n');
}
