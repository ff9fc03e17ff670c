/** Our cookies: names with the `__Host-` prefix over https (left off on plain-http localhost, where browsers refuse it), Lax, HttpOnly. */
import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import type { Site } from './site.js';

export interface Cookies {
  readonly names: {
    readonly session: string;
    readonly csrf: string;
    readonly pending: string;
    readonly notice: string;
    /** The person's time zone; the only one that a script of ours writes. */
    readonly zone: string;
  };
  readonly flowPrefix: string;
  all(req: Request): ReadonlyMap<string, string>;
  get(req: Request, name: string): string | undefined;
  set(res: Response, name: string, value: string, maxAgeSeconds: number): void;
  clear(res: Response, name: string): void;
}

export function createCookies(site: Site): Cookies {
  const prefix = site.secure ? '__Host-latchkey-' : 'latchkey-';
  const attributes = { httpOnly: true, secure: site.secure, sameSite: 'lax', path: '/' } as const;
  const append = (res: Response, name: string, value: string, maxAge: number) =>
    res.append('Set-Cookie', stringifySetCookie({ name, value, ...attributes, maxAge }));
  const parsed = new WeakMap<Request, ReadonlyMap<string, string>>();
  const all = (req: Request) => {
    const known = parsed.get(req);
    if (known) return known;
    const map = new Map(
      Object.entries(parseCookie(req.headers.cookie ?? '')).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])),
    );
    parsed.set(req, map);
    return map;
  };
  return {
    names: {
      session: `${prefix}session`,
      csrf: `${prefix}csrf`,
      pending: `${prefix}pending`,
      notice: `${prefix}notice`,
      zone: `${prefix}zone`,
    },
    flowPrefix: `${prefix}flow-`,
    all,
    get: (req, name) => all(req).get(name),
    set: append,
    clear: (res, name) => append(res, name, '', 0),
  };
}
