/**
 * Steps that a borrowed session must not be enough for ask for a recent proof of who one is (sec-F10): signing in once more with one of the
 * ways one has. The page that offers them is `/account/confirm`; where the person was going is kept in `return_to`.
 */
import type { Request, RequestHandler } from 'express';
import { safeReturnTo } from '../flows/index.js';
import type { Site } from './site.js';

/** Adding or removing a way to sign in, deleting an account, acting as an operator. */
export const DANGEROUS_STEP_MS = 15 * 60_000;
/** Connecting and disconnecting: long enough that nobody who signed in today is asked. */
export const CONNECT_STEP_MS = 12 * 3_600_000;

export interface RecentProof {
  /** Whether this browser's session was proved within so many milliseconds. */
  isRecent(req: Request, maxAgeMs: number): boolean;
  /** Where to send somebody who has to prove it again, and who then goes on to `returnTo`. */
  confirmPath(returnTo: string): string;
  /** @param returnTo where the person starts the step again; a valid `return_to` of the form wins */
  require(maxAgeMs: number, returnTo: string): RequestHandler;
}

export function createRecentProof(site: Site, now: () => number): RecentProof {
  const isRecent = (req: Request, maxAgeMs: number) => {
    const { signedInAt } = req.session;
    return typeof signedInAt === 'number' && now() - signedInAt < maxAgeMs;
  };
  const confirmPath = (returnTo: string) =>
    `${site.path('/account/confirm')}?return_to=${encodeURIComponent(returnTo)}`;
  return {
    isRecent,
    confirmPath,
    require: (maxAgeMs, returnTo) => (req, res, next) => {
      if (isRecent(req, maxAgeMs)) return next();
      res.redirect(303, confirmPath(safeReturnTo(req.body?.return_to, site.origin) ?? returnTo));
    },
  };
}
