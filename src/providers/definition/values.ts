/** The kinds of text that provider definitions are made of: addresses, ids, paths into answers, templates. */
import { z } from 'zod';
import { isLoopback } from '../../oauth2/index.js';

/**
 * An absolute https address. `{instance}` in its host stands for what the person typed (only in definitions with `instance`);
 * `{name}` in its path or query for values that the field's own description names.
 */
export const httpsUrl = z
  .string()
  .max(2000)
  .refine(isAcceptableUrl, 'must be an https URL without credentials or fragment (http only for loopback hosts)');

export const providerId = z
  .string()
  .max(40)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens');

/**
 * Where a value stands in a JSON answer: a dotted path (`data.profile.0.id`), or a JSON Pointer (RFC 6901, `/https:~1~1claims~1id`)
 * for names with dots and slashes.
 */
export const path = z
  .string()
  .max(200)
  .regex(
    /^(?:[\w$-]+(?:\.[\w$:-]+)*|(?:\/(?:[^~/]|~[01])+)+)$/,
    'must be a dotted path such as "data.id" or a JSON Pointer such as "/data/id"',
  );

/**
 * Like {@link path}, in the answer of the profile call; with `@token.` in front, in the fields beside the token; with `@callback.`, among the
 * parameters that `callback.keep` lists.
 */
export const accountPath = z
  .string()
  .max(200)
  .regex(
    /^(?:@(?:token|callback)\.)?(?:[\w$-]+(?:\.[\w$:-]+)*|(?:\/(?:[^~/]|~[01])+)+)$/,
    'must be a dotted path such as "data.id", "@token.user_id", "@callback.realmId", or a JSON Pointer',
  );

export const scopeList = z.array(z.string().min(1).max(200)).max(100);

export const parameters = z.record(z.string().max(100), z.string().max(500));

/** A sentence or two for people. */
export const sentence = z.string().min(1).max(500);

/** ISO 8601 calendar date. */
export const date = z.iso.date();

function isAcceptableUrl(template: string): boolean {
  const value = template.replaceAll('{instance}', 'instance');
  // The URL parser forgives more (white space, backslashes, "HTTPS:host"), and what it forgives would not be aimed at the sandbox.
  if (!/^https?:\/\/[^\s\\/]/.test(value) || /[\s\\]/.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  if (url.username || url.password || url.hash) return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && isLoopback(url.hostname);
}
