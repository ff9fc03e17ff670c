/**
 * What a provider definition is: data that describes one service with an OAuth interface, checked by one schema whether it
 * ships with Latchkey (definitions/) or comes from a file in PROVIDERS_DIR. Nothing elsewhere names a provider.
 */
import { z } from 'zod';

const httpsUrl = z
  .string()
  .max(2000)
  .refine(isAcceptableUrl, 'must be an https URL without credentials or fragment (http only for loopback hosts)');

/** Dotted path into a JSON answer, `data.profile.0.id`. */
const path = z
  .string()
  .max(200)
  .regex(/^[\w$-]+(\.[\w$:-]+)*$/, 'must be a dotted path such as "data.id"');

const providerId = z
  .string()
  .max(40)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens');

const scopeList = z.array(z.string().min(1).max(200)).max(100);
const parameters = z.record(z.string().max(100), z.string().max(500));

/** Where an account's facts stand in a profile answer; only `subject` is indispensable. */
const accountPaths = {
  name: path.optional(),
  username: path.optional(),
  email: path.optional(),
  /** Path of the flag, or `true` where the field itself is only ever filled with verified addresses. */
  emailVerified: z.union([path, z.literal(true)]).optional(),
  picture: path.optional(),
};

const profile = z.strictObject({
  /** May be left out with `oidc`: then the ID token and the issuer's userinfo endpoint tell. */
  url: httpsUrl.optional(),
  subject: path,
  ...accountPaths,
  /** Further calls that fill gaps (a name, a verified address); their failure never fails the flow. */
  more: z
    .array(
      z.strictObject({
        url: httpsUrl,
        /** For answers that are a list: take the first entry whose fields equal these. */
        select: z.record(z.string(), z.union([z.string(), z.boolean()])).optional(),
        ...accountPaths,
      }),
    )
    .max(3)
    .optional(),
});

const tokenRules = z.strictObject({
  root: path.optional(),
  rename: z.record(z.string(), z.string()).optional(),
  tokenType: z.string().max(40).optional(),
  scopeSeparator: z.string().max(3).optional(),
  expiresInZeroMeansNever: z.boolean().optional(),
  errors: z
    .array(
      z.strictObject({
        path,
        equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
        not: z.union([z.string(), z.number(), z.boolean()]).optional(),
        code: path,
        description: path.optional(),
      }),
    )
    .max(5)
    .optional(),
  /** The provider's error codes to those of RFC 6749 section 5.2. */
  errorCodes: z.record(z.string().max(100), z.string().max(100)).optional(),
});

const oauth1 = z.strictObject({
  requestToken: httpsUrl,
  authorize: httpsUrl,
  /** The sign-in variant of the authorization page, where the provider has one. */
  authenticate: httpsUrl.optional(),
  accessToken: httpsUrl,
  signatureMethod: z.enum([
    'HMAC-SHA1',
    'HMAC-SHA256',
    'HMAC-SHA512',
    'RSA-SHA1',
    'RSA-SHA256',
    'RSA-SHA512',
    'PLAINTEXT',
  ]),
  placement: z.enum(['header', 'query', 'body']).optional(),
});

/** A sample of the person's data, read with their client and shown on the connection page. */
const reading = z.strictObject({
  id: providerId,
  title: z.string().max(60),
  request: z.strictObject({
    method: z.enum(['GET', 'POST']).optional(),
    /** `{day}` and `{day-6}` stand for ISO dates, counted back from today. */
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

const definitionShape = z.strictObject({
  id: providerId,
  name: z.string().min(1).max(60),
  protocol: z.enum(['oauth1', 'oauth2', 'oidc']),
  /** Definitions that share account ids share a namespace; the id otherwise. */
  namespace: providerId.optional(),
  /** Button texts where "Sign in with <name>" and "Connect <name>" would mislead. */
  labels: z.strictObject({ signIn: z.string().max(60).optional(), connect: z.string().max(60).optional() }).optional(),
  /** Heading under which an outdated generation of a service stands. */
  earlier: z.string().max(60).optional(),
  status: z
    .strictObject({
      state: z.enum(['usable', 'restricted', 'shut']),
      sunset: z.iso.date().optional(),
      successor: providerId.optional(),
      note: z.string().max(500).optional(),
    })
    .optional(),
  /** Whether real accounts may be a way to sign in (default: yes); in the sandbox every definition may. */
  signIn: z.boolean().optional(),
  issuer: httpsUrl.optional(),
  authorize: z
    .strictObject({
      /** May be left out with `oidc`: then discovery tells. */
      url: httpsUrl.optional(),
      parameters: parameters.optional(),
      /** Sent besides when somebody connects, such as what it takes to get a refresh token. */
      connectParameters: parameters.optional(),
      /** Issuer that the callback's `iss` names (RFC 9207), for providers without discovery. */
      issuer: httpsUrl.optional(),
    })
    .optional(),
  token: z
    .strictObject({
      url: httpsUrl,
      clientAuth: z.enum(['basic', 'post', 'none']),
      rules: tokenRules.optional(),
    })
    .optional(),
  oauth1: oauth1.optional(),
  scopes: z.strictObject({ signIn: scopeList, connect: scopeList, separator: z.string().min(1).max(3).optional() }),
  pkce: z.enum(['required', 'supported', 'forbidden']),
  /** Default: `static`, a refresh token that stays the same. */
  refresh: z.strictObject({ mode: z.enum(['rotating', 'static', 'none']) }).optional(),
  profile,
  api: z.strictObject({ baseUrls: z.array(httpsUrl).min(1).max(20), headers: parameters.optional() }),
  revoke: z
    .strictObject({
      url: httpsUrl,
      /** `rfc7009` posts the token with client authentication; `signed` posts a request signed with the tokens themselves. */
      style: z.enum(['rfc7009', 'signed', 'token-only']).optional(),
    })
    .optional(),
  /** Where the person can withdraw consent at the provider. */
  manageUrl: httpsUrl.optional(),
  consoleUrl: httpsUrl.optional(),
  docsUrl: httpsUrl.optional(),
  readings: z.array(reading).max(6).optional(),
});

/** The schema with the rules that concern several fields at once. */
export const definitionSchema = definitionShape.superRefine((definition, context) => {
  const complain = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: field.split('.'), message });
  if (definition.protocol !== 'oidc' && !definition.profile.url) {
    complain('profile.url', `is needed by protocol "${definition.protocol}"`);
  }
  if (definition.protocol === 'oauth1' && !definition.oauth1) complain('oauth1', 'is needed by protocol "oauth1"');
  if (definition.protocol === 'oauth2' && !definition.authorize?.url) {
    complain(definition.authorize ? 'authorize.url' : 'authorize', 'is needed by protocol "oauth2"');
  }
  if (definition.protocol === 'oauth2' && !definition.token) complain('token', 'is needed by protocol "oauth2"');
  if (definition.protocol === 'oidc' && !definition.issuer && !(definition.authorize?.url && definition.token)) {
    complain('issuer', 'is needed by protocol "oidc" (or authorize and token)');
  }
});

export type ProviderDefinition = z.infer<typeof definitionSchema>;
export type Reading = z.infer<typeof reading>;
export type Protocol = ProviderDefinition['protocol'];

/** A definition that does not fit the schema; the message names each wrong field by its path. */
export class InvalidDefinition extends Error {
  readonly code = 'invalid_provider_definition';
  readonly fields: readonly string[];

  constructor(issues: readonly { path: PropertyKey[]; message: string }[]) {
    const fields = issues.map((issue) => `${issue.path.map(String).join('.') || '(top level)'}: ${issue.message}`);
    super(`Provider definition refused: ${fields.join('; ')}`);
    this.name = 'InvalidDefinition';
    this.fields = fields;
  }
}

/**
 * Checks a definition and returns it typed.
 * @param definition plain data in the format above
 * @throws InvalidDefinition naming the path of every wrong field
 */
export function defineProvider(definition: unknown): ProviderDefinition {
  const result = definitionSchema.safeParse(definition);
  if (!result.success) throw new InvalidDefinition(result.error.issues);
  return result.data;
}

function isAcceptableUrl(value: string): boolean {
  // The URL parser forgives more (white space, backslashes, "HTTPS:host"), and what it forgives would not be aimed at the sandbox.
  if (!/^https?:\/\/[^\s\\/]/.test(value) || /[\s\\]/.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  if (url.username || url.password || url.hash) return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && isLoopback(url.hostname);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
