/** The token endpoint and its habits, refreshing and revoking. */
import { z } from 'zod';
import { httpsUrl, parameters, path } from './values.js';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** How token answers depart from RFC 6749 section 5; see `TokenResponseRules` of the engine. */
const tokenRules = z.strictObject({
  /** Path of the object that holds the token, `authed_user`. */
  root: path.optional(),
  /** The provider's name of a field to the RFC's. */
  rename: z.record(z.string(), z.string()).optional(),
  /** Taken where the provider names no token type. */
  tokenType: z.string().max(40).optional(),
  /** Between the granted scopes; default a space. A list is understood in any case. */
  scopeSeparator: z.string().max(3).optional(),
  expiresInZeroMeansNever: z.boolean().optional(),
  /** Shapes of errors, whatever the HTTP status is. */
  errors: z
    .array(
      z.strictObject({
        path,
        equals: scalar.optional(),
        not: scalar.optional(),
        code: path,
        description: path.optional(),
      }),
    )
    .max(5)
    .optional(),
  /** The provider's error codes to those of RFC 6749 section 5.2. */
  errorCodes: z.record(z.string().max(100), z.string().max(100)).optional(),
});

/** RFC 6749 section 3.2. */
export const token = z.strictObject({
  url: httpsUrl,
  /** RFC 6749 section 2.3: `basic` and `post` send the secret, `none` only the id. */
  clientAuth: z.enum(['basic', 'post', 'none']),
  /** Default POST. GET puts the parameters, the secret among them, into the query, for providers that want nothing else. */
  method: z.enum(['GET', 'POST']).optional(),
  /** Body of the request; default `form`. */
  format: z.enum(['form', 'json']).optional(),
  /** Sent with every token request, refreshes included. */
  parameters: parameters.optional(),
  /** `{clientId}` stands for our client id. */
  headers: parameters.optional(),
  /** Life of an access token in seconds, as documented; answers that say otherwise win. */
  lifetimeSeconds: z.number().int().positive().optional(),
  /**
   * The client secret is a JWT that we sign (`clientAuth: post`). What the environment calls the client secret is then JSON:
   * `{"issuer", "keyId", "privateKey"}`, the private key in PEM.
   */
  mintedSecret: z
    .strictObject({
      algorithm: z.enum(['ES256', 'RS256']),
      audience: z.string().min(1).max(300),
      lifetimeSeconds: z.number().int().min(60).max(15_777_000),
    })
    .optional(),
  rules: tokenRules.optional(),
});

/** RFC 6749 section 6. */
export const refresh = z.strictObject({
  /** `rotating`: each refresh token works once. `static`: it stays the same. `none`: there is none. */
  mode: z.enum(['rotating', 'static', 'none']),
  /** A refresh token dies this many days after the person consented, used or not. */
  lifetimeDays: z.number().int().positive().optional(),
  /** A refresh token dies when it was not used for this many days. */
  inactivityDays: z.number().int().positive().optional(),
  /** A spent refresh token is still honoured for this long. */
  graceSeconds: z.number().int().positive().optional(),
});

export const revoke = z.strictObject({
  /** `{clientId}` and, in the query of a service that wants it there, `{token}` stand for our client id and the access token; `{name}` for a field beside the token. */
  url: httpsUrl,
  /**
   * `rfc7009` posts the token with client authentication; `token-only` without it; `signed` is a request signed with the OAuth 1 tokens;
   * `bearer` is a call with the access token as credentials and no body; `client-json` sends `{"access_token"}` with Basic client
   * authentication.
   */
  style: z.enum(['rfc7009', 'signed', 'token-only', 'bearer', 'client-json']).optional(),
  /** Of `bearer` and `client-json`; default POST. */
  method: z.enum(['GET', 'POST', 'DELETE']).optional(),
});
