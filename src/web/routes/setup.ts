/** `GET /setup`: what to register where. For developers; in production it exists for operators only. */
import type { Router } from 'express';
import type { WebContext } from '../context.js';
import { requireDeveloper } from '../developers.js';
import { queryOf } from '../flow-gate.js';
import { route } from '../request-guards.js';
import { setupList } from '../setup-list.js';
import { pageTexts } from '../texts.js';

export function setupRoutes(router: Router, context: WebContext): void {
  const { catalogue, site, views, now } = context;
  route(router, '/setup', {
    get: [
      requireDeveloper(context),
      (req, res) => {
        const find = searchOf(queryOf(req).get('find'));
        const groups = setupList(catalogue, site, now(), find);
        views.render(req, res, 'setup', {
          title: pageTexts.setup.title,
          groups,
          find,
          count: groups.reduce((count, { items }) => count + items.length, 0),
          origin: site.origin,
        });
      },
    ],
  });
}

/** @param given what the search field holds, from outside */
function searchOf(given: string | null): string {
  return (given ?? '')
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 60);
}
