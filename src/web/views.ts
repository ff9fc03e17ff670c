/**
 * Renders the pages in views/ with what every page needs: words, paths, the CSRF token, who is signed in, the person's time zone, the marks of
 * the providers, the sandbox's notice. A view hands all of it on to its partial views: `include('./status', { ...it, … })`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { Request, Response } from 'express';
import type { Catalogue } from '../providers/index.js';
import type { Cookies } from './cookies.js';
import type { Csrf } from './csrf.js';
import { createMarks } from './marks.js';
import type { Site } from './site.js';
import { noticeKind, noticeText, pageTexts, statusText } from './texts.js';
import { timesIn } from './times.js';

export const VIEWS_DIRECTORY = fileURLToPath(new URL('../../views', import.meta.url));

export interface Views {
  render(req: Request, res: Response, view: string, data: Record<string, unknown>): void;
  /** Leaves a short note for the next page. Of several providers it names each. */
  notify(res: Response, code: string, ...providerIds: readonly string[]): void;
}

const NOTICE_SECONDS = 60;
/** A notice is a cookie, and stays small. */
const MAX_NAMED = 12;
/** Notices that ask the person to do something on the provider's own page. */
const leftToThePerson: ReadonlySet<string> = new Set([
  'not-revoked',
  'disconnected-here',
  'account-deleted-partly-revoked',
]);

export function createViews(options: { site: Site; csrf: Csrf; cookies: Cookies; catalogue: Catalogue }): Views {
  const { site, csrf, cookies, catalogue } = options;
  const eta = new Eta({ views: VIEWS_DIRECTORY, cache: true, autoEscape: true });
  const markOf = createMarks(join(VIEWS_DIRECTORY, 'assets', 'marks'), catalogue.definitions);
  const takeNotice = (req: Request, res: Response) => {
    const value = cookies.get(req, cookies.names.notice);
    if (value === undefined) return undefined;
    cookies.clear(res, cookies.names.notice);
    const [code = '', ids = ''] = value.split('.');
    const providers = ids.split('+').flatMap((id) => catalogue.get(id) ?? []);
    const text = noticeText(code, inWords(providers.map(({ name }) => name)));
    const pages = providers.flatMap(({ name, definition: { manageUrl } }) => (manageUrl ? [{ name, manageUrl }] : []));
    return text && { kind: noticeKind(code), text, pages: leftToThePerson.has(code) ? pages : [] };
  };
  return {
    render(req, res, view, data) {
      const times = timesIn(cookies.get(req, cookies.names.zone));
      const page = eta.render(`./${view}`, {
        texts: pageTexts,
        statusText,
        times,
        time: (at: Date, style: 'day' | 'moment' = 'moment') =>
          `<time datetime="${at.toISOString()}">${times[style](at)}</time>`,
        zoneCookie: cookies.names.zone,
        markOf,
        path: site.path,
        csrfToken: csrf.tokenFor(req, res),
        user: req.user,
        sandbox: catalogue.sandboxOrigin !== undefined,
        notice: takeNotice(req, res),
        ...data,
      });
      res.type('html').send(page);
    },
    notify(res, code, ...providerIds) {
      const about = [...new Set(providerIds)].slice(0, MAX_NAMED).join('+');
      cookies.set(res, cookies.names.notice, about ? `${code}.${about}` : code, NOTICE_SECONDS);
    },
  };
}

function inWords(names: readonly string[]): string | undefined {
  return names.length < 2 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
