/** `GET /setup`: what to register where. For developers; in production it does not exist for people who are not operators. */
import type { Router } from 'express';
import type { WebContext } from '../context.js';
import { route } from '../request-guards.js';
import { WebError } from '../web-error.js';

export function setupRoutes(router: Router, { catalogue, site, views, production }: WebContext): void {
  route(router, '/setup', {
    get: [
      (req, res) => {
        if (production) throw new WebError(404, 'not_found');
        const providers = catalogue.definitions.map((definition) => {
          const prefix = definition.id.toUpperCase().replaceAll('-', '_');
          const provider = catalogue.get(definition.id);
          return {
            definition,
            state: !provider ? 'off' : provider.sandbox ? 'sandbox' : 'configured',
            problem: catalogue.problems.get(definition.id),
            callbackUrl: site.callbackUrl(definition.id),
            variables: [`${prefix}_CLIENT_ID`, `${prefix}_CLIENT_SECRET`],
          };
        });
        views.render(req, res, 'setup', { title: 'Set-up', providers });
      },
    ],
  });
}
