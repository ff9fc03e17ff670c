/**
 * How the client proves itself at the token, revocation, introspection, device and pushed-authorization endpoints (RFC 6749 section 2.3,
 * RFC 7523 section 2.2, RFC 8705 section 2). Each method is a function that completes a request's headers and form.
 */
import * as oauth from 'oauth4webapi';
import { OAuth2Error } from './errors.js';
import type { OAuth2SessionOptions } from './options.js';
import { importSigningKey } from './signing-key.js';

/** Clock in ms since the epoch, and randomness. */
export interface AssertionSources {
  readonly now: () => number;
  readonly random: (length: number) => Uint8Array;
}

/** Life of a client assertion; it is made for one request. */
const ASSERTION_SECONDS = 60;

/**
 * @returns oauth4webapi's form of a client authentication
 * @throws OAuth2Error `oauth2_invalid_option` when the secret or key that the method needs is missing
 */
export function clientAuthentication(options: OAuth2SessionOptions, sources: AssertionSources): oauth.ClientAuth {
  const { clientAuth, clientSecret } = options;
  switch (clientAuth) {
    case 'none':
      return oauth.None();
    case 'tls_client_auth':
      return oauth.TlsClientAuth();
    case 'private_key_jwt':
      return signedAssertion(options, sources);
    case 'basic':
    case 'post': {
      if (clientSecret === undefined || clientSecret === '') {
        throw new OAuth2Error('oauth2_invalid_option', `Client authentication "${clientAuth}" needs a client secret.`);
      }
      return clientAuth === 'post' ? oauth.ClientSecretPost(clientSecret) : basic(clientSecret);
    }
    default:
      throw new OAuth2Error('oauth2_invalid_option', 'The client authentication method is unknown.');
  }
}

/**
 * RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined. oauth4webapi has this too, but encodes `-`, `.` and `_` as well,
 * which is allowed and yet fails at providers that compare without decoding; the encoding here leaves them as every form does.
 */
function basic(clientSecret: string): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const credentials = `${formEncode(client.client_id)}:${formEncode(clientSecret)}`;
    headers.set('authorization', `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`);
  };
}

/** One component of `application/x-www-form-urlencoded`, as the URL standard serialises it. */
export function formEncode(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}

/** RFC 7523 section 2.2: an assertion signed anew for each request. */
function signedAssertion(options: OAuth2SessionOptions, { now, random }: AssertionSources): oauth.ClientAuth {
  const { privateKey, assertionAudience } = options;
  if (privateKey === undefined) {
    throw new OAuth2Error('oauth2_invalid_option', 'Client authentication "private_key_jwt" needs a private key.');
  }
  const audience = assertionAudience ?? options.issuer ?? options.openid?.issuer ?? options.endpoints.token;
  // Imported at the first use and once: parsing a key costs several signatures.
  let imported: ReturnType<typeof importSigningKey> | undefined;
  return async (server, client, body, headers) => {
    imported ??= importSigningKey(privateKey);
    const { key, keyId, algorithm } = await imported;
    const authenticate = oauth.PrivateKeyJwt(keyId === undefined ? { key } : { key, kid: keyId }, {
      [oauth.modifyAssertion]: (header, payload) => {
        header.alg = algorithm;
        const nowSeconds = Math.floor(now() / 1000);
        Object.assign(payload, {
          aud: audience,
          iat: nowSeconds,
          nbf: nowSeconds,
          exp: nowSeconds + ASSERTION_SECONDS,
        });
        payload.jti = Buffer.from(random(24)).toString('base64url');
      },
    });
    await authenticate(server, client, body, headers);
  };
}
