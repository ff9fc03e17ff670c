/** Where it stands whose account this is. Only the subject is indispensable. */
import { z } from 'zod';
import { accountPath, httpsUrl } from './values.js';

/** Path of a fact, several that are joined by a space, or a text with `{path}` in it. */
const textFact = z.union([
  accountPath,
  z.array(accountPath).min(2).max(3),
  z.strictObject({
    template: z
      .string()
      .min(3)
      .max(300)
      .regex(/\{[^{}]+\}/, 'must hold a {path}'),
  }),
]);

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const accountFacts = {
  name: textFact.optional(),
  username: accountPath.optional(),
  email: accountPath.optional(),
  /**
   * Path of the flag; with `values` where the flag is not a boolean (`"true"`, 1); or `true` where the field itself is only ever filled with
   * verified addresses. Left out, an address counts as unverified.
   */
  emailVerified: z
    .union([accountPath, z.literal(true), z.strictObject({ path: accountPath, values: z.array(scalar).min(1).max(3) })])
    .optional(),
  picture: textFact.optional(),
};

export const profile = z.strictObject({
  /**
   * The profile call. May be left out with `oidc` (the ID token and the issuer's userinfo endpoint tell) and where the token response says it
   * all (`@token.`). `{name}` stands for a field beside the token.
   */
  url: httpsUrl.optional(),
  /** Default GET. POST goes without a body, unless the token travels in it. */
  method: z.enum(['GET', 'POST']).optional(),
  /** `introspection`: the answer is that of RFC 7662 token introspection, with client authentication. */
  style: z.enum(['call', 'introspection']).optional(),
  /** The stable account id; never a name or an address. Several are joined by `:`, for ids that are unique within a team or company only. */
  subject: z.union([accountPath, z.array(accountPath).min(2).max(3)]),
  /** The access token begins with the account id, which ends before this text; it is then `@token.account_id`. */
  subjectEndsAt: z.string().min(1).max(3).optional(),
  /** The account id under which this person was known to an earlier generation of the service, and that generation's namespace. */
  earlier: z.strictObject({ path: accountPath, namespace: z.string().max(40) }).optional(),
  ...accountFacts,
  /** Further calls that fill gaps (a name, a verified address); their failure never fails the flow. */
  more: z
    .array(
      z.strictObject({
        url: httpsUrl,
        /** For answers that are a list, or that hold one at `list`: take the first entry whose fields equal these. */
        select: z.record(z.string(), z.union([z.string(), z.boolean()])).optional(),
        /** Path of the list; default the answer itself. */
        list: accountPath.optional(),
        ...accountFacts,
      }),
    )
    .max(3)
    .optional(),
});
