/** The endpoints of OAuth 1.0a (RFC 5849 section 2) and how requests to them are signed (section 3). */
import { z } from 'zod';
import { isPattern } from './patterns.js';
import { httpsUrl, parameters } from './values.js';

const method = z.enum(['GET', 'POST']);

export const oauth1 = z.strictObject({
  requestToken: httpsUrl,
  authorize: httpsUrl,
  /** The sign-in variant of the authorization page, where the provider has one. */
  authenticate: httpsUrl.optional(),
  accessToken: httpsUrl,
  /** With an RSA method, what the environment calls the client secret is our private key in PEM. */
  signatureMethod: z.enum([
    'HMAC-SHA1',
    'HMAC-SHA256',
    'HMAC-SHA512',
    'RSA-SHA1',
    'RSA-SHA256',
    'RSA-SHA512',
    'PLAINTEXT',
  ]),
  /** Where the protocol parameters stand (section 3.5); default `header`. */
  placement: z.enum(['header', 'query', 'body']).optional(),
  /** Default POST. */
  requestTokenMethod: method.optional(),
  accessTokenMethod: method.optional(),
  /** Sent with the request for temporary credentials. */
  requestTokenParameters: parameters.optional(),
  /**
   * Where access tokens tell whose they are: a regular expression for the whole token, its first group the account id. Read only where older
   * systems kept a token and not its account.
   */
  subjectInToken: z
    .string()
    .max(200)
    .refine((pattern) => isPattern(pattern) && /\((?!\?)/.test(pattern), 'must be a regular expression with a group')
    .optional(),
  /**
   * What the API calls it when an access token is over, in the service's own words (an error code), besides those of the OAuth problem reporting
   * extension: `token_revoked`, `token_rejected`, `token_expired`.
   */
  tokenProblems: z
    .array(z.string().regex(/^[\w.-]{1,60}$/, 'must be a word or a code'))
    .max(10)
    .optional(),
  /** `realm` of the Authorization header. */
  realm: z.string().max(200).optional(),
});
