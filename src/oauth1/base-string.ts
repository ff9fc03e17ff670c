/** The signature base string (RFC 5849 section 3.4.1.1): the one text both sides must agree on to the byte. */
import { OAuth1Error } from './errors.js';
import { type EncodedParameter, type ProtocolField, SIGNATURE, signedForm, sortParameters } from './parameters.js';
import { percentEncode } from './percent-encoding.js';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Everything that is signed. */
export interface SignedContent {
  /** HTTP method, any case. */
  readonly method: string;
  /** Scheme, authority and path, see {@link RequestTarget.baseUri}. */
  readonly baseUri: string;
  /** The request's own parameters from query and body; sorted in place. */
  readonly parameters: EncodedParameter[];
  /** The protocol parameters, sorted by name; no name of theirs is among `parameters`. The signature is passed over. */
  readonly fields: readonly ProtocolField[];
}

/**
 * Builds the base string. Merging two sorted lists instead of sorting everything lets the protocol parameters keep the
 * form they were prepared in, and joining once leaves the result in one piece for the hash (this is the hot path).
 */
export function buildBaseString({ method, baseUri, parameters, fields }: SignedContent): string {
  sortParameters(parameters);
  const parts: string[] = [];
  let next = 0;
  for (const field of fields) {
    let own = parameters[next];
    while (own !== undefined && own.name < field.name) {
      parts.push(signedForm(own));
      own = parameters[++next];
    }
    if (field.name !== SIGNATURE) parts.push(field.signed);
  }
  for (const own of parameters.slice(next)) parts.push(signedForm(own));
  parts[0] = `${percentEncode(method.toUpperCase())}&${percentEncode(baseUri)}&${parts[0] ?? ''}`;
  return parts.join('%26');
}

/** @throws OAuth1Error `oauth1_invalid_method` for something that is no HTTP token (RFC 9110 section 5.6.2). */
export function assertMethod(method: string): void {
  if (typeof method !== 'string' || !TOKEN.test(method)) {
    throw new OAuth1Error('oauth1_invalid_method', 'The HTTP method must be a token such as GET or POST.');
  }
}
