/** All fields of a provider definition. What each may hold stands in the files beside this one. */
import { z } from 'zod';
import { category, confidence, labels, mark, register, status } from './about.js';
import { profile } from './account.js';
import { api, reading } from './api.js';
import { authorize, callback, deviceAuthorization, instance, openid, scopes } from './authorization.js';
import { oauth1 } from './oauth1.js';
import { refresh, revoke, token } from './token.js';
import { httpsUrl, providerId, sentence } from './values.js';

export const definitionShape = z.strictObject({
  /** Names the JSON Schema, for editors; without effect. */
  $schema: z.string().max(500).optional(),
  id: providerId,
  name: z.string().min(1).max(60),
  protocol: z.enum(['oauth1', 'oauth2', 'oidc']),
  /** Definitions that share account ids share a namespace; the id otherwise. */
  namespace: providerId.optional(),
  labels: labels.optional(),
  /** Heading under which an outdated generation of a service stands. */
  earlier: z.string().max(60).optional(),
  category: category.optional(),
  mark: mark.optional(),
  /** Shown among the first where a list is long. */
  featured: z.boolean().optional(),
  status: status.optional(),
  /** Whether real accounts may be a way to sign in (default: yes); in the sandbox every definition may. */
  signIn: z.boolean().optional(),
  /** OpenID Connect issuer, exactly as its discovery document spells it; `{tenantid}` stands for the ID token's `tid`. */
  issuer: httpsUrl.optional(),
  openid: openid.optional(),
  instance: instance.optional(),
  authorize: authorize.optional(),
  callback: callback.optional(),
  token: token.optional(),
  deviceAuthorization: deviceAuthorization.optional(),
  oauth1: oauth1.optional(),
  scopes,
  /** RFC 7636: `required` and `supported` both send S256; `forbidden` sends nothing, where the provider answers it with an error. */
  pkce: z.enum(['required', 'supported', 'forbidden']),
  /** Default: `static`, a refresh token that stays the same. */
  refresh: refresh.optional(),
  profile,
  api,
  revoke: revoke.optional(),
  /** Where the person can withdraw consent at the provider. */
  manageUrl: httpsUrl.optional(),
  /** Where our client is registered. */
  consoleUrl: httpsUrl.optional(),
  docsUrl: httpsUrl.optional(),
  register: register.optional(),
  /** What surprises programs that were written for another provider; one sentence each. */
  quirks: z.array(sentence).max(15).optional(),
  /** Rate limits, user caps and the like, in words. */
  limits: z.array(sentence).max(8).optional(),
  confidence: confidence.optional(),
  readings: z.array(reading).max(6).optional(),
});

export type DefinitionShape = z.infer<typeof definitionShape>;
export type ReadingShape = z.infer<typeof reading>;
