/**
 * Signing (RFC 5849 section 3): a finished request in, the same request with protocol parameters and signature out.
 * Pure: no network, nothing kept between calls but the prepared keys, the caller's objects are never changed.
 */
import { assertMethod, buildBaseString } from './base-string.js';
import { hashBody } from './body-hash.js';
import { OAuth1Error } from './errors.js';
import { assertBodyPlacement, contentTypeOf, FORM_TYPE, findHeader, mediaTypeOf, signedFormBody } from './form-body.js';
import { loadPrivateKey, sharedSecretKey } from './keys.js';
import { createNonceSource } from './nonce.js';
import {
  collectFormEncoded,
  compareParameters,
  type EncodedParameter,
  type ProtocolField,
  protocolField,
  SIGNATURE,
  unreservedField,
} from './parameters.js';
import { percentEncode } from './percent-encoding.js';
import { assertUnsigned, placeFields } from './placement.js';
import { isSecure, parseRequestTarget } from './request-target.js';
import { findSignatureMethod, type SignatureMethod } from './signature-method.js';
import type {
  Placement,
  RequestSigningOptions,
  SignedRequest,
  SigningCredentials,
  SigningOptions,
  UnsignedRequest,
} from './signing-types.js';

const VERSION_1_0 = protocolField('oauth_version', '1.0');

/** Signs any number of requests with one set of keys. */
export interface Signer {
  /**
   * @param request never changed
   * @param options win over those the signer was made with
   * @throws OAuth1Error for a request that cannot be signed rightly, see {@link OAuth1ErrorCode}
   */
  sign(request: UnsignedRequest, options?: RequestSigningOptions): SignedRequest;
}

/**
 * Signs one request: {@link createSigner} and one call of `sign`. For several requests keep the signer, because preparing
 * keys (above all RSA keys) costs more than using them.
 *
 * @throws OAuth1Error see {@link OAuth1ErrorCode}
 */
export function signRequest<Further extends string = never>(
  request: UnsignedRequest,
  credentials: SigningCredentials,
  options: SigningOptions<Further> = {},
): SignedRequest {
  return createSigner(credentials, options).sign(request);
}

/**
 * Prepares keys and constant parameters once. The secrets stay in a closure: the signer prints as `{ sign }`.
 *
 * @throws OAuth1Error `oauth1_invalid_credentials`, `oauth1_unusable_key`, `oauth1_unknown_signature_method`
 */
export function createSigner<Further extends string = never>(
  credentials: SigningCredentials,
  { ...options }: SigningOptions<Further> = {},
): Signer {
  assertCredentials(credentials);
  const methodName = chooseMethod(credentials, options.signatureMethod);
  const method = findSignatureMethod(methodName, options.methods);
  const computeSignature = prepareKeys(method, credentials);
  const nextNonce = createNonceSource(options.randomBytes);
  const { now = Date.now } = options;

  const consumerField = protocolField('oauth_consumer_key', credentials.clientId);
  const methodField = protocolField('oauth_signature_method', methodName);
  const tokenField = credentials.token === undefined ? undefined : protocolField('oauth_token', credentials.token);

  /** The protocol parameters sorted by name, with the signature, whose value comes later, at its place. */
  function protocolFields(
    asked: RequestSigningOptions,
    bodyHash: string | undefined,
    signatureField: ProtocolField,
  ): ProtocolField[] {
    const { timestamp = options.timestamp, nonce = options.nonce, version = options.version ?? '1.0' } = asked;
    if ((timestamp === false || nonce === false) && methodName !== 'PLAINTEXT') {
      throw new OAuth1Error('oauth1_invalid_option', 'Only PLAINTEXT may leave out the timestamp or the nonce.');
    }
    const fields = [consumerField];
    if (nonce !== false)
      fields.push(nonce === undefined ? unreservedField('oauth_nonce', nextNonce()) : nonceField(nonce));
    fields.push(signatureField, methodField);
    if (timestamp !== false) fields.push(timestampField(timestamp ?? Math.floor(now() / 1000)));
    if (tokenField !== undefined) fields.push(tokenField);
    if (version !== false) fields.push(version === '1.0' ? VERSION_1_0 : protocolField('oauth_version', version));
    if (bodyHash !== undefined) fields.unshift(protocolField('oauth_body_hash', bodyHash));
    if (options.protocolParameters !== undefined || asked.protocolParameters !== undefined) {
      addFurtherFields({ ...options.protocolParameters, ...asked.protocolParameters }, fields);
    }
    return fields;
  }

  return {
    sign(request, asked = {}) {
      const placement = asked.placement ?? options.placement ?? 'header';
      assertMethod(request.method);
      assertUnsigned(request.headers, placement);
      const target = parseRequestTarget(request.url, findHeader(request.headers, 'host'));
      if (method.needsSecureTransport === true && !isSecure(new URL(target.href))) {
        throw new OAuth1Error('oauth1_insecure_transport', `${methodName} may only be sent over https.`);
      }
      const contentType = contentTypeOf(request);
      const formBody = signedFormBody(request.method, contentType, request.body);
      if (placement === 'body') assertBodyPlacement(request.method, contentType);

      const hashed = (asked.bodyHash ?? options.bodyHash) === true && mediaTypeOf(contentType) !== FORM_TYPE;
      const bodyHash = hashed ? hashBody(request.body?.toString(), method.bodyHash) : undefined;
      const signatureField = { name: SIGNATURE, value: '', signed: '' };
      const fields = protocolFields(asked, bodyHash, signatureField);
      const collected: EncodedParameter[] = [];
      collectFormEncoded(target.query, collected);
      if (formBody !== undefined) collectFormEncoded(formBody, collected);
      const parameters = dropSignature(collected, fields, placement);

      const baseString = buildBaseString({ method: request.method, baseUri: target.baseUri, parameters, fields });
      const signature = computeSignature(baseString);
      signatureField.value = percentEncode(signature);
      return placeFields(request, target, fields, {
        placement,
        realm: asked.realm ?? options.realm,
        signature,
        baseString,
      });
    },
  };
}

function assertCredentials(credentials: SigningCredentials): void {
  const { clientId, clientSecret = '', token = '', tokenSecret = '' } = credentials;
  if (typeof clientId !== 'string' || clientId === '') {
    throw new OAuth1Error('oauth1_invalid_credentials', 'The client id is missing.');
  }
  if ([clientSecret, token, tokenSecret].some((part) => typeof part !== 'string')) {
    throw new OAuth1Error('oauth1_invalid_credentials', 'Secrets and tokens must be strings.');
  }
}

function chooseMethod(credentials: SigningCredentials, asked: string | undefined): string {
  if (asked !== undefined) return asked;
  if (credentials.privateKey !== undefined && credentials.clientSecret === undefined) {
    // HMAC with an empty secret would be a signature that is wrong in silence.
    throw new OAuth1Error('oauth1_unknown_signature_method', 'Credentials with a private key need a signatureMethod.');
  }
  return 'HMAC-SHA1';
}

function prepareKeys(method: SignatureMethod, credentials: SigningCredentials): (baseString: string) => string {
  if (method.kind === 'shared-secret') {
    return method.prepare(sharedSecretKey(credentials.clientSecret, credentials.tokenSecret));
  }
  const privateKey = loadPrivateKey(credentials.privateKey);
  const sign = orUnusableKey(() => method.prepareSigner(privateKey));
  return (baseString) => orUnusableKey(() => sign(baseString));
}

/** A key may be readable and still not do: of the wrong kind, or too short for the hash. */
function orUnusableKey<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof OAuth1Error) throw error;
    throw new OAuth1Error('oauth1_unusable_key', 'The private key cannot be used with this signature method.');
  }
}

function nonceField(nonce: string): ProtocolField {
  if (typeof nonce !== 'string' || nonce === '') throw new OAuth1Error('oauth1_invalid_option', 'The nonce is empty.');
  return protocolField('oauth_nonce', nonce);
}

/** @param timestamp whole seconds; a string is taken as it is, for providers with ideas of their own */
function timestampField(timestamp: number | string): ProtocolField {
  if (typeof timestamp === 'number' ? !Number.isSafeInteger(timestamp) || timestamp <= 0 : timestamp === '') {
    throw new OAuth1Error('oauth1_invalid_option', 'The timestamp must be a positive whole number of seconds.');
  }
  return typeof timestamp === 'number'
    ? unreservedField('oauth_timestamp', String(timestamp))
    : protocolField('oauth_timestamp', timestamp);
}

function addFurtherFields(parameters: Record<string, string>, fields: ProtocolField[]): void {
  for (const [name, value] of Object.entries(parameters)) {
    const isOurs = fields.some((field) => field.name === name);
    if (isOurs || !/^x?oauth_[\w.~-]+$/.test(name)) {
      throw new OAuth1Error('oauth1_reserved_parameter', `${name} cannot be given as a protocol parameter.`);
    }
    fields.push(protocolField(name, value));
  }
  fields.sort(compareParameters);
}

/**
 * The request's own parameters that are signed. A signature among them never is; any other parameter of ours would appear
 * twice in one request, which section 3.1 forbids and a request signed a second time shows.
 */
function dropSignature(
  parameters: EncodedParameter[],
  fields: readonly ProtocolField[],
  placement: Placement,
): EncodedParameter[] {
  if (!parameters.some(({ name }) => name.startsWith('oauth_') || name.startsWith('xoauth_'))) return parameters;
  for (const { name } of parameters) {
    const isRepeated = name === SIGNATURE ? placement !== 'header' : fields.some((ours) => ours.name === name);
    if (isRepeated) throw new OAuth1Error('oauth1_already_signed', `The request already contains ${name}.`);
  }
  return parameters.filter(({ name }) => name !== SIGNATURE);
}
