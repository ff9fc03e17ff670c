/**
 * `POST /logout`. It stands before the session is looked up: when the database is away the browser still forgets its cookies, and is
 * told that the session could not be ended on our side (sec-G4).
 */
import type { ErrorRequestHandler, RequestHandler, Router } from 'express';
import type { WebContext } from '../context.js';
import { isOutage } from '../errors.js';
import { eventsOf } from '../request-events.js';
import { route } from '../request-guards.js';
import { endSession, forgetBrowser } from '../sign-in.js';
import { WebError } from '../web-error.js';

/** @param session the middleware that finds out who is signed in */
export function signOutRoute(router: Router, context: WebContext, session: readonly RequestHandler[]): void {
  const { cookies, events, views, site } = context;
  const forget: RequestHandler = (req, res, next) => {
    forgetBrowser(req, res, cookies);
    next();
  };
  const end: RequestHandler = async (req, res) => {
    const userId = req.user?.id;
    await endSession(req);
    if (userId) await eventsOf(req, events).record({ kind: 'signed_out', userId });
    views.notify(res, 'signed-out');
    res.redirect(303, site.path('/'));
  };
  route(router, '/logout', { post: [...context.form, forget, ...session, end] });
  const unfinished: ErrorRequestHandler = (error, _req, _res, next) => {
    next(isOutage(error) ? new WebError(503, 'sign_out_unfinished', { cause: error }) : error);
  };
  router.use('/logout', unfinished);
}
