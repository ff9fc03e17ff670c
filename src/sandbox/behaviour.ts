/** The knobs of `POST /_control/behaviour`. They live in memory only: a restarted sandbox behaves like the real services again. */
import { z } from 'zod';

/** `null` puts a knob back to its default. */
export const behaviourSchema = z.strictObject({
  /** Answer authorization requests at once, without a consent page. */
  autoApprove: z.boolean().nullable().optional(),
  /** Seconds; holds for tokens issued from now on. Default: what the service documents. */
  accessTokenTtl: z.number().int().min(0).max(31_536_000).nullable().optional(),
  /** Whether each refresh token works once. Default: what the definition says. */
  rotateRefreshTokens: z.boolean().nullable().optional(),
  /** Whether using a spent refresh token ends the whole grant (RFC 9700 section 4.14.2). Default: true. */
  reuseKillsFamily: z.boolean().nullable().optional(),
  /** How long a spent refresh token is still honoured, in milliseconds. Default: what the definition says. */
  graceMs: z.number().int().min(0).max(86_400_000).nullable().optional(),
  /** How far the sandbox's clock is ahead (negative: behind): Date header, OAuth 1 timestamps, ID tokens. Default: 0. */
  clockSkewSeconds: z.number().int().min(-315_360_000).max(315_360_000).nullable().optional(),
});

export type BehaviourChange = z.infer<typeof behaviourSchema>;

export interface Behaviour {
  readonly autoApprove: boolean;
  readonly accessTokenTtl: number | null;
  readonly rotateRefreshTokens: boolean | null;
  readonly reuseKillsFamily: boolean;
  readonly graceMs: number | null;
  readonly clockSkewSeconds: number;
}

const defaults: Behaviour = {
  autoApprove: false,
  accessTokenTtl: null,
  rotateRefreshTokens: null,
  reuseKillsFamily: true,
  graceMs: null,
  clockSkewSeconds: 0,
};

export class BehaviourKnobs {
  #current: Behaviour = defaults;

  get current(): Behaviour {
    return this.#current;
  }

  /** Merges: what is not named stays. */
  change(change: BehaviourChange): Behaviour {
    this.#current = {
      autoApprove: merged(change.autoApprove, this.#current.autoApprove, defaults.autoApprove),
      accessTokenTtl: merged(change.accessTokenTtl, this.#current.accessTokenTtl, defaults.accessTokenTtl),
      rotateRefreshTokens: merged(
        change.rotateRefreshTokens,
        this.#current.rotateRefreshTokens,
        defaults.rotateRefreshTokens,
      ),
      reuseKillsFamily: merged(change.reuseKillsFamily, this.#current.reuseKillsFamily, defaults.reuseKillsFamily),
      graceMs: merged(change.graceMs, this.#current.graceMs, defaults.graceMs),
      clockSkewSeconds: merged(change.clockSkewSeconds, this.#current.clockSkewSeconds, defaults.clockSkewSeconds),
    };
    return this.#current;
  }
}

function merged<V>(change: V | null | undefined, current: V, standard: V): V {
  if (change === undefined) return current;
  return change === null ? standard : change;
}
