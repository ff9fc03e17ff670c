/** How a person is sent to the provider and comes back: authorization requests, callbacks, hosts that people name, OpenID Connect. */
import { z } from 'zod';
import { isPattern } from './patterns.js';
import { httpsUrl, parameters, scopeList } from './values.js';

/** RFC 6749 section 4.1.1. */
export const authorize = z.strictObject({
  /** May be left out with `oidc`: then discovery tells. */
  url: httpsUrl.optional(),
  /** The page for sign-in, where the provider has one of its own (a page that asks less, or not again). */
  signInUrl: httpsUrl.optional(),
  /** Sent besides the protocol's own; `{clientId}` stands for our client id. `response_mode: form_post` makes the callback a POST. */
  parameters: parameters.optional(),
  /** Sent besides when somebody connects, such as what it takes to get a refresh token. */
  connectParameters: parameters.optional(),
  /** Issuer that the callback's `iss` names (RFC 9207), for providers without discovery. */
  issuer: httpsUrl.optional(),
});

/** Scopes by intent (RFC 6749 section 3.3). */
export const scopes = z.strictObject({
  signIn: scopeList,
  connect: scopeList,
  /** Between the scopes of a request; default a space. */
  separator: z.string().min(1).max(3).optional(),
  /** Name of the parameter that carries them, where it is not `scope`. */
  parameter: z.string().min(1).max(40).optional(),
});

/** What the callback brings besides code and state. It comes through the browser, so nothing in it says who somebody is. */
export const callback = z.strictObject({
  /** Parameters that are kept with the connection and may be used as `{name}` in API addresses and headers, and as `@callback.name`. */
  keep: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z]\w{0,39}$/, 'must be a plain parameter name'),
        /** Regular expression that the whole value has to match; a callback with another value is refused. */
        pattern: z.string().min(1).max(200).refine(isPattern, 'must be a regular expression'),
        /** A value as the sandbox gives it. */
        example: z.string().min(1).max(100),
        /** Without it the callback is refused. */
        required: z.boolean().optional(),
      }),
    )
    .min(1)
    .max(5)
    .optional(),
  /** What `error` says when the person did not allow the access, where that is not `access_denied` (RFC 6749 section 4.1.2.1). */
  denials: z.array(z.string().min(1).max(60)).max(5).optional(),
  /** The granted scopes stand in this parameter instead of the token response. */
  scopes: z.strictObject({ parameter: z.string().min(1).max(40), separator: z.string().min(1).max(3) }).optional(),
  /** The query is signed: hexadecimal HMAC-SHA256 with the client secret over the other parameters, sorted, as `name=value` joined by `&`. */
  signature: z.strictObject({ parameter: z.string().min(1).max(40) }).optional(),
  /** Must name the host that the flow was started for. */
  instanceParameter: z.string().min(1).max(40).optional(),
});

/** A provider with many hosts, one of which the person names (sec-J4). `{instance}` stands for it in every address of the definition. */
export const instance = z.strictObject({
  /** What the field of the start form is called, `Your server`. */
  label: z.string().min(1).max(60),
  /** Shown as an example. */
  placeholder: z.string().min(1).max(100),
  /** Regular expression for the whole value, lower case. It must not let through more than one host name or label. */
  pattern: z.string().min(1).max(200).refine(isPattern, 'must be a regular expression'),
  /** Taken when the field is left empty. */
  default: z.string().min(1).max(100).optional(),
  /** `shared`: one registration is good for all hosts. `host`: our registration belongs to the default host; others are refused. */
  client: z.enum(['shared', 'host']).optional(),
});

/** Where an OpenID provider departs from Discovery 1.0 and Core section 3.1.3.7. */
export const openid = z.strictObject({
  /** Address of the discovery document, where it is not under the issuer. */
  discoveryUrl: httpsUrl.optional(),
  /** Key set of a provider without a discovery document; then `authorize` and `token` say the rest, and `issuer` or `authorize.issuer` who it is. */
  jwksUrl: httpsUrl.optional(),
  /** Further spellings of the issuer in ID tokens. */
  alsoIssuers: z.array(z.string().min(1).max(300)).max(5).optional(),
  /** False where ID tokens do not repeat the nonce. */
  nonce: z.boolean().optional(),
});

/** RFC 8628. */
export const deviceAuthorization = z.strictObject({ url: httpsUrl });
