/** Calls on a person's behalf: where credentials may go, what each call needs, what can be shown of a person's data. */
import { z } from 'zod';
import { httpsUrl, parameters, providerId, scopeList, sentence } from './values.js';

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'must be a header name');

export const api = z.strictObject({
  /** A path given to a client is taken relative to the first. `{name}` stands for a kept callback parameter. */
  baseUrls: z.array(httpsUrl).min(1).max(20),
  /** Further hosts that may receive a person's credentials; those of the bases and the profile calls always may. */
  hosts: z.array(httpsUrl).max(10).optional(),
  /**
   * Sent with every call. `{clientId}`, `{clientSecret}` and `{subject}` stand for our client and the account; `{name}` for a kept callback
   * parameter.
   */
  headers: parameters.optional(),
  /**
   * Where the access token stands (RFC 6750 section 2); default `Authorization: Bearer`. With OAuth 1 the token secret is sent
   * there instead of a signature, at services whose token secret is an API key.
   */
  token: z
    .union([
      z.strictObject({ in: z.literal('header'), name: headerName, scheme: z.string().max(20).optional() }),
      z.strictObject({ in: z.literal('query'), name: z.string().min(1).max(40) }),
    ])
    .optional(),
  /** Names of the headers that tell how many calls are left. */
  rateLimit: z
    .strictObject({
      limit: headerName.optional(),
      remaining: headerName.optional(),
      reset: headerName.optional(),
      /** What `reset` holds: seconds from now, seconds since 1970, or a date. */
      resetIn: z.enum(['seconds', 'epoch', 'date']).optional(),
    })
    .optional(),
  /** What calls cost, where they cost money: then nothing is read for a page before the person asks for it. */
  billed: sentence.optional(),
});

/** Something of a person's that the connection page shows. How it is asked for and read is written once for each service, in a reader. */
export const reading = z.strictObject({
  /** Names it in addresses. */
  id: providerId,
  /** Which reader, `fitbit/steps`; one that this version does not have is passed over. */
  reader: z
    .string()
    .regex(/^[a-z0-9-]{1,40}\/[a-z0-9-]{1,40}$/, 'must be a service and what is read of it, such as "fitbit/steps"'),
  /** Without all of them the provider refuses; some of the scopes above. */
  scopes: scopeList.optional(),
});
