/** What people are told about a provider: its state, how to register there, and how sure we are of all of it. */
import { z } from 'zod';
import { date, httpsUrl, providerId, sentence } from './values.js';

export const status = z.strictObject({
  /** `restricted`: new registrations need an approval or are closed. `shut`: it answers nobody any more. */
  state: z.enum(['usable', 'restricted', 'shut']),
  /** When it ends, or ended. */
  sunset: date.optional(),
  /** The definition that takes its place. */
  successor: providerId.optional(),
  /** Why, in plain words. */
  note: sentence.optional(),
});

/** Button texts where "Sign in with <name>" and "Connect <name>" would mislead. */
export const labels = z.strictObject({ signIn: z.string().max(60).optional(), connect: z.string().max(60).optional() });

/** What somebody does at the provider before the first flow. */
export const register = z.strictObject({
  /** In order, one sentence each. */
  steps: z.array(sentence).min(1).max(10),
  /** What the provider says of callback addresses: whether they must match exactly, whether http or localhost is refused. */
  callbackRule: sentence.optional(),
  /** What it costs or takes: an approval, a subscription, an assessment. */
  needs: z.array(sentence).max(6).optional(),
});

/** How sure we are. `documented`: read in the provider's own pages. `reported`: seen in others' working code. `inferred`: our own conclusion. */
export const confidence = z.strictObject({
  level: z.enum(['high', 'medium', 'low']),
  /** When it was last compared with the documentation. */
  checked: date,
  note: sentence.optional(),
  claims: z
    .array(
      z.strictObject({
        /** What is claimed, `endpoints`, `refresh tokens rotate`. */
        claim: z.string().min(1).max(200),
        basis: z.enum(['documented', 'reported', 'inferred']),
        source: httpsUrl.optional(),
        date: date.optional(),
      }),
    )
    .max(30)
    .optional(),
});

/** Under which heading a long list shows it. */
export const category = z.enum(['sign-in', 'social', 'code', 'health', 'media', 'work', 'commerce', 'knowledge']);

/** Slug of the provider's mark in the simple-icons collection; a letter stands where there is none. */
export const mark = z.string().regex(/^[a-z0-9]{1,40}$/, 'must be a slug of simple-icons');
