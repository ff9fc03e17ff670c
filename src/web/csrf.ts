/**
 * Proof that a form came from a page of ours, for anonymous visitors too: a signed cookie names the browser, and the token in the form
 * is a keyed hash of it. One token serves all forms; nothing is stored. `Origin` and `Sec-Fetch-Site` are checked besides.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Cookies } from './cookies.js';
import { isLoopbackHost, type Site } from './site.js';
import { WebError } from './web-error.js';

const COOKIE_LIFE_SECONDS = 365 * 24 * 3600;
const BROWSER_BYTES = 18;

export interface Csrf {
  /** The token for the forms of this browser; gives the browser its cookie when it has none. */
  tokenFor(req: Request, res: Response): string;
  /** Refuses a POST without proof with 403. Reads `_csrf` from the parsed form. */
  readonly check: RequestHandler;
}

/** @param secrets the session secrets: the first one signs, all of them verify */
export function createCsrf(secrets: readonly string[], cookies: Cookies, site: Site): Csrf {
  const keys = secrets.map((secret) => ({
    cookie: derive(secret, 'csrf cookie'),
    token: derive(secret, 'csrf token'),
  }));
  const [active] = keys;
  if (!active) throw new TypeError('At least one session secret is needed.');

  /** The browser's own id, and the keys that signed it. */
  const browserOf = (req: Request) => {
    const [id, signature, ...rest] = (cookies.get(req, cookies.names.csrf) ?? '').split('.');
    if (!id || !signature || rest.length > 0) return undefined;
    const signer = keys.find((key) => equal(mac(key.cookie, id), signature));
    return signer && { id, signer };
  };
  const fresh = (res: Response) => {
    const id = randomBytes(BROWSER_BYTES).toString('base64url');
    cookies.set(res, cookies.names.csrf, `${id}.${mac(active.cookie, id)}`, COOKIE_LIFE_SECONDS);
    return id;
  };

  return {
    tokenFor(req, res) {
      const known = res.locals.csrfToken;
      if (typeof known === 'string') return known;
      const browser = browserOf(req);
      const token = browser ? mac(browser.signer.token, browser.id) : mac(active.token, fresh(res));
      res.locals.csrfToken = token;
      return token;
    },
    check(req, _res, next) {
      const browser = browserOf(req);
      const given: unknown = req.body?._csrf;
      const proven = browser && typeof given === 'string' && equal(mac(browser.signer.token, browser.id), given);
      if (!proven || isForeign(req, site)) throw new WebError(403, 'csrf_refused');
      next();
    },
  };
}

/** What a browser says about where the request comes from; absent headers are judged by the token alone. */
function isForeign(req: Request, site: Site): boolean {
  if (req.headers['sec-fetch-site'] === 'cross-site') return true;
  const { origin } = req.headers;
  if (origin === undefined || origin === site.origin) return false;
  // Browsers send `null` from a page that lets no referrer out, as our callback's; who asked is then in the other header.
  if (origin === 'null' && req.headers['sec-fetch-site'] === 'same-origin') return false;
  if (!site.loopback || !URL.canParse(origin)) return true;
  // On one's own machine the app may be opened by another loopback name: then the page's origin is the one that was asked for.
  const url = new URL(origin);
  return !(isLoopbackHost(url.hostname) && url.host === req.headers.host);
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `latchkey/${purpose}`, 32));
}

function mac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
