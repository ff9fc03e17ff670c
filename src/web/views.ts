/** Renders the pages in views/ with what every page needs: paths, the CSRF token, who is signed in, the sandbox's notice. */
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { Request, Response } from 'express';
import type { Catalogue } from '../providers/index.js';
import type { Cookies } from './cookies.js';
import type { Csrf } from './csrf.js';
import type { Site } from './site.js';
import { noticeText } from './texts.js';

export const VIEWS_DIRECTORY = fileURLToPath(new URL('../../views', import.meta.url));

export interface Views {
  render(req: Request, res: Response, view: string, data: Record<string, unknown>): void;
  /** Leaves a short note for the next page. */
  notify(res: Response, code: string, providerId?: string): void;
}

const NOTICE_SECONDS = 60;

export function createViews(options: { site: Site; csrf: Csrf; cookies: Cookies; catalogue: Catalogue }): Views {
  const { site, csrf, cookies, catalogue } = options;
  const eta = new Eta({ views: VIEWS_DIRECTORY, cache: true, autoEscape: true });
  const takeNotice = (req: Request, res: Response) => {
    const value = cookies.get(req, cookies.names.notice);
    if (value === undefined) return undefined;
    cookies.clear(res, cookies.names.notice);
    const [code = '', providerId = ''] = value.split('.');
    const provider = catalogue.get(providerId);
    const text = noticeText(code, provider?.name);
    return (
      text && {
        text,
        manageUrl: code === 'not-revoked' || code === 'disconnected-here' ? provider?.definition.manageUrl : undefined,
      }
    );
  };
  return {
    render(req, res, view, data) {
      const page = eta.render(`./${view}`, {
        path: site.path,
        csrfToken: csrf.tokenFor(req, res),
        user: req.user,
        sandbox: catalogue.sandboxOrigin !== undefined,
        notice: takeNotice(req, res),
        ...data,
      });
      res.type('html').send(page);
    },
    notify(res, code, providerId) {
      cookies.set(res, cookies.names.notice, providerId ? `${code}.${providerId}` : code, NOTICE_SECONDS);
    },
  };
}
