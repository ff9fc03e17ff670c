/** `GET /setup`: what to register where. For developers; in production it exists for operators only. */
import type { Router } from 'express';
import type { WebContext } from '../context.js';
import { requireDeveloper } from '../developers.js';
import { route } from '../request-guards.js';
import { setupList } from '../setup-list.js';
import { pageTexts } from '../texts.js';

export function setupRoutes(router: Router, context: WebContext): void {
  const { catalogue, site, views, now } = context;
  route(router, '/setup', {
    get: [
      requireDeveloper(context),
      (req, res) => {
        views.render(req, res, 'setup', {
          title: pageTexts.setup.title,
          groups: setupList(catalogue, site, now()),
          origin: site.origin,
        });
      },
    ],
  });
}
