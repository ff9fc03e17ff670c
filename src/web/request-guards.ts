/** Checks that come before any page: the host we are asked for, methods, browsers that only prefetch, and who must be signed in. */
import type { Request, RequestHandler, Router } from 'express';
import { isLoopbackHost, type Site } from './site.js';
import { WebError } from './web-error.js';

type Method = 'get' | 'post';

/** Answers only under our own name (or any loopback one, on one's own machine), so that no foreign name is ever linked or cached. */
export function requireOwnHost(site: Site): RequestHandler {
  const own = new URL(site.origin).host;
  return (req, _res, next) => {
    // `OPTIONS *` and absolute-form targets are for proxies, which this is not. Of two Host lines Node reads the first and a proxy perhaps
    // the second, and no line at all is as wrong (RFC 9112 section 3.2).
    if (!req.originalUrl.startsWith('/') || hostLines(req) !== 1) return next(new WebError(400, 'bad_request'));
    const host = req.headers.host ?? '';
    const accepted = host === own || (site.loopback && isLoopbackHost(host.replace(/:\d+$/, '')));
    next(accepted ? undefined : new WebError(421, 'wrong_host'));
  };
}

function hostLines({ rawHeaders }: Request): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
}

/**
 * Registers a route for exactly these methods; every other one is answered 405 before anything else is looked at. HEAD follows GET unless
 * that GET has effects, because Express would run the GET's handlers for it.
 */
export function route(
  router: Router,
  path: string,
  handlers: Partial<Record<Method, RequestHandler[]>>,
  options: { getHasEffects?: boolean } = {},
): void {
  const methods = Object.keys(handlers).map((method) => method.toUpperCase());
  const allowed = handlers.get && !options.getHasEffects ? [...methods, 'HEAD'] : methods;
  router.all(path, (req, res, next) => {
    // The template, for whoever counts: the path itself names people's rows.
    res.locals.route = path;
    if (allowed.includes(req.method)) return next();
    next(new WebError(405, 'method_not_allowed', { headers: { Allow: allowed.join(', ') } }));
  });
  if (handlers.get) router.get(path, ...handlers.get);
  if (handlers.post) router.post(path, ...handlers.post);
}

/**
 * What a form can be sent as by a page, ours or a foreign one, and what programs try instead: those fail for want of the form's proof.
 * Anything else is not even looked at (sec-K3).
 */
const LOOKED_AT = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain', 'application/json'];

export const refuseOtherTypes: RequestHandler = (req, _res, next) => {
  const [type = ''] = (req.headers['content-type'] ?? '').split(';');
  const known = type === '' || LOOKED_AT.includes(type.trim().toLowerCase());
  next(known ? undefined : new WebError(415, 'unsupported_type'));
};

/** A prefetch is nobody's decision, so it must not spend a flow. */
export const refusePrefetch: RequestHandler = (req, _res, next) => {
  const purpose = `${req.headers['sec-purpose'] ?? ''} ${req.headers.purpose ?? ''}`;
  next(/prefetch|prerender/i.test(purpose) ? new WebError(503, 'prefetch') : undefined);
};

/** Anonymous people are sent to the start page, and back here once they have signed in. */
export function requireSignIn(site: Site): RequestHandler {
  return (req, res, next) => {
    if (req.user) return next();
    const returnTo = req.method === 'GET' ? `?return_to=${encodeURIComponent(pathOf(req))}` : '';
    res.redirect(303, `${site.path('/')}${returnTo}`);
  };
}

/** The path as this app's own routes spell it, without the prefix it is mounted under. */
function pathOf(req: Request): string {
  return req.url.startsWith('/') ? req.url : `/${req.url}`;
}
