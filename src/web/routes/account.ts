/** `/account`: who one is here and which ways to sign in there are; `POST /logout`. */
import type { Router } from 'express';
import type { WebContext } from '../context.js';
import { requireSignIn, route } from '../request-guards.js';
import { signOut } from '../sign-in.js';

export function accountRoutes(router: Router, context: WebContext): void {
  const { prisma, views, site, catalogue, events, cookies } = context;
  route(router, '/account', {
    get: [
      requireSignIn(site),
      async (req, res) => {
        const user = await prisma.user.findUnique({
          where: { id: req.user?.id ?? '' },
          include: { identities: { orderBy: { createdAt: 'asc' } } },
        });
        const nameOf = (namespace: string) =>
          catalogue.all.find((provider) => provider.namespace === namespace)?.name ?? namespace;
        views.render(req, res, 'account', {
          title: 'Your account',
          person: user,
          identities: user?.identities.map((identity) => ({ ...identity, provider: nameOf(identity.namespace) })) ?? [],
        });
      },
    ],
  });
  route(router, '/logout', {
    post: [
      ...context.form,
      async (req, res) => {
        const userId = req.user?.id;
        await signOut(req, res, cookies);
        if (userId) await events.record({ kind: 'signed_out', userId });
        views.notify(res, 'signed-out');
        res.redirect(303, site.path('/'));
      },
    ],
  });
}
