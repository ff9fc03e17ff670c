/** Calls on a person's behalf: where credentials may go, what each call needs, what can be read as a sample. */
import { z } from 'zod';
import { httpsUrl, parameters, path, providerId, sentence } from './values.js';

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'must be a header name');

export const api = z.strictObject({
  /** A path given to a client is taken relative to the first. `{name}` stands for a kept callback parameter. */
  baseUrls: z.array(httpsUrl).min(1).max(20),
  /** Further hosts that may receive a person's credentials; those of the bases, the profile calls and the readings always may. */
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
  /** What calls cost, where they cost money. */
  billed: sentence.optional(),
});

/** A sample of the person's data, read with their client and shown on the connection page. */
export const reading = z.strictObject({
  id: providerId,
  title: z.string().max(60),
  request: z.strictObject({
    method: z.enum(['GET', 'POST']).optional(),
    /** `{day}` and `{day-6}` stand for ISO dates, counted back from today; `{subject}` for the account. */
    url: httpsUrl,
    /** JSON; the string `{civil-6}` becomes a `{year, month, day}` object. */
    body: z.unknown().optional(),
  }),
  /** Path of the list; `$` when the answer itself is the list. */
  list: path,
  label: path,
  value: path,
  unit: z.string().max(20).optional(),
  /** `series`: one number per day; `texts`: something to read. */
  shape: z.enum(['series', 'texts']),
});
