/** Every published and computed vector, at the level it is given for. */
import { readAuthorization, writeAuthorization } from '../../src/oauth1/authorization-header.js';
import { buildBaseString } from '../../src/oauth1/base-string.js';
import { hashBody, percentEncode, type SigningOptions, signRequest } from '../../src/oauth1/index.js';
import { loadPrivateKey, loadPublicKey, sharedSecretKey } from '../../src/oauth1/keys.js';
import {
  collectFormEncoded,
  compareParameters,
  decodeParameter,
  type EncodedParameter,
  serializeParameters,
} from '../../src/oauth1/parameters.js';
import { parseRequestTarget } from '../../src/oauth1/request-target.js';
import { findSignatureMethod } from '../../src/oauth1/signature-method.js';
import { auxVectors, type SigningVector, signingVectors } from './load-vectors.js';

const encoded = ([name, value]: [string, string]): EncodedParameter => ({
  name: percentEncode(name),
  value: percentEncode(value),
});

describe('request vectors', () => {
  const requests = signingVectors.filter(({ level, oauth }) => level !== 'base-string' && oauth.oauth_consumer_key);

  test('none is left out', () => expect(requests).toHaveLength(82));

  test.each(requests.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const signed = signRequest(toRequest(vector), toCredentials(vector), toOptions(vector));
    expect(signed.baseString).toBe(vector.expectedBaseString);
    expect(signed.signature).toBe(vector.expectedSignature);
  });

  test.each(requests.map((vector) => [vector.name, vector] as const))(
    '%s: the signed request carries it',
    (_name, vector) => {
      const signed = signRequest(toRequest(vector), toCredentials(vector), toOptions(vector));
      const header = readAuthorization(signed.headers.Authorization ?? '')?.fields.map(decodeParameter) ?? [];
      const { searchParams } = new URL(signed.url);
      const carried = new Map<string, string>(
        vector.placement === 'query'
          ? searchParams
          : vector.placement === 'body'
            ? new URLSearchParams(signed.body)
            : header,
      );
      for (const [name, value] of Object.entries(vector.oauth))
        expect([name, carried.get(name)]).toEqual([name, value]);
      expect(carried.get('oauth_signature')).toBe(vector.expectedSignature);
    },
  );
});

describe('vectors without protocol parameters test the base string alone', () => {
  const bare = signingVectors.filter(({ level, oauth }) => level !== 'base-string' && !oauth.oauth_consumer_key);

  test('there are some', () => expect(bare.map(({ name }) => name)).toContain('rauth-hmac-sha1'));

  test.each(bare.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const target = parseRequestTarget(vector.url);
    const parameters = Object.entries(vector.oauth).map(encoded);
    collectFormEncoded(target.query, parameters);
    const baseString = buildBaseString({ method: vector.method, baseUri: target.baseUri, parameters, fields: [] });
    expect(baseString).toBe(vector.expectedBaseString);
    expect(sign(vector, baseString)).toBe(vector.expectedSignature);
  });
});

describe('base string to signature', () => {
  const last = signingVectors.filter(({ level }) => level === 'base-string');

  test.each(last.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    expect(sign(vector, vector.expectedBaseString)).toBe(vector.expectedSignature);
  });

  test('all 94 vectors are covered by the three suites', () => {
    const inOthers = signingVectors.filter(({ level }) => level !== 'base-string');
    expect(last.length + inOthers.length).toBe(94);
  });

  const withPublicKey = signingVectors.filter(({ rsaPublicKeyPem }) => rsaPublicKeyPem);
  test.each(withPublicKey.map((vector) => [vector.name, vector] as const))('%s verifies', (_name, vector) => {
    const method = findSignatureMethod(vector.signatureMethod);
    if (method.kind !== 'key-pair') throw new Error('not a key pair method');
    const verify = method.prepareVerifier(loadPublicKey(vector.rsaPublicKeyPem ?? ''));
    expect(verify(vector.expectedBaseString, Buffer.from(vector.expectedSignature, 'base64'))).toBe(true);
    expect(verify(`${vector.expectedBaseString}x`, Buffer.from(vector.expectedSignature, 'base64'))).toBe(false);
  });
});

describe('parts', () => {
  test.each(auxVectors.percentEncoding)('encodes $input', ({ input, expected }) => {
    expect(percentEncode(input)).toBe(expected);
  });

  test.each(auxVectors.normalizeParameters)('normalises to $expected', ({ params, expected }) => {
    expect(serializeParameters(params.map(encoded).sort(compareParameters))).toBe(expected);
  });

  test.each(auxVectors.baseStringUri)('base string URI of $url', ({ url, expected }) => {
    expect(parseRequestTarget(url).baseUri).toBe(expected);
  });

  test.each(auxVectors.baseStringUriErrors)('refuses the URL "$url"', ({ url }) => {
    expect(() => parseRequestTarget(url)).toThrow(expect.objectContaining({ code: 'oauth1_invalid_url' }));
  });

  test.each(auxVectors.authorizationHeaders)('Authorization header, $kind', (vector) => {
    if (vector.kind === 'build') {
      expect(writeAuthorization(vector.fields.map(encoded), vector.realm)).toBe(vector.expected);
    } else {
      const read = readAuthorization(vector.header);
      expect(read?.fields.map(decodeParameter)).toEqual(vector.fields);
      expect(read?.realm).toBe(vector.realm);
    }
  });

  test.each(auxVectors.bodyHash)('body hash of "$body"', ({ body, sha1, sha256 }) => {
    expect(hashBody(body, 'sha1')).toBe(sha1);
    expect(hashBody(body, 'sha256')).toBe(sha256);
  });
});

function toRequest({ method, url, contentType, body }: SigningVector) {
  return { method, url, headers: contentType ? { 'Content-Type': contentType } : {}, ...(body ? { body } : {}) };
}

function toCredentials(vector: SigningVector) {
  const { oauth_consumer_key: clientId = '', oauth_token: token } = vector.oauth;
  return {
    clientId,
    clientSecret: vector.consumerSecret,
    tokenSecret: vector.tokenSecret,
    ...(token === undefined ? {} : { token }),
    ...(vector.rsaPrivateKeyPem ? { privateKey: vector.rsaPrivateKeyPem } : {}),
  };
}

function toOptions(vector: SigningVector): SigningOptions {
  const {
    oauth_consumer_key: _key,
    oauth_token: _token,
    oauth_signature_method: _method,
    oauth_timestamp: timestamp = false,
    oauth_nonce: nonce = false,
    oauth_version: version,
    ...others
  } = vector.oauth;
  return {
    signatureMethod: vector.signatureMethod,
    placement: vector.placement ?? 'header',
    timestamp,
    nonce,
    version: version === '1.0' ? '1.0' : false,
    // One library sends a version of its own invention; it can still be signed.
    protocolParameters: version === undefined || version === '1.0' ? others : { ...others, oauth_version: version },
    ...(vector.realm ? { realm: vector.realm } : {}),
  };
}

function sign(vector: SigningVector, baseString: string): string {
  const method = findSignatureMethod(vector.signatureMethod);
  return method.kind === 'shared-secret'
    ? method.prepare(sharedSecretKey(vector.consumerSecret, vector.tokenSecret))(baseString)
    : method.prepareSigner(loadPrivateKey(vector.rsaPrivateKeyPem))(baseString);
}
