/** `GET /setup`: what to register where. For developers; in production it exists for operators only. */
import type { Router } from 'express';
import { lifecycleWarning } from '../../providers/index.js';
import type { WebContext } from '../context.js';
import { route } from '../request-guards.js';
import { pageTexts } from '../texts.js';
import { WebError } from '../web-error.js';

export function setupRoutes(router: Router, { catalogue, site, views, operators, production, now }: WebContext): void {
  route(router, '/setup', {
    get: [
      async (req, res) => {
        if (production && !(await operators.isOperator(req.user?.id))) throw new WebError(404, 'not_found');
        const providers = catalogue.definitions.map((definition) => {
          const prefix = definition.id.toUpperCase().replaceAll('-', '_');
          const provider = catalogue.get(definition.id);
          return {
            definition,
            state: !provider ? 'off' : provider.sandbox ? 'sandbox' : 'configured',
            problem: catalogue.problems.get(definition.id),
            // Of what answers for real only: the sandbox stands in for services that have ended, too.
            warning: provider && !provider.sandbox && lifecycleWarning(definition, catalogue.definitions, now()),
            callbackUrl: site.callbackUrl(definition.id),
            variables: [`${prefix}_CLIENT_ID`, `${prefix}_CLIENT_SECRET`],
          };
        });
        views.render(req, res, 'setup', { title: pageTexts.setup.title, providers });
      },
    ],
  });
}
