/** `GET /`: what this is and how to sign in, or the dashboard of a signed-in person. */
import type { Request, Response, Router } from 'express';
import { pendingIdentityOf } from '../../accounts/index.js';
import { shownStatus } from '../../connections/index.js';
import { safeReturnTo } from '../../flows/index.js';
import type { Provider } from '../../providers/index.js';
import type { WebContext } from '../context.js';
import { queryOf } from '../flow-gate.js';
import { route } from '../request-guards.js';
import { reasonText } from '../texts.js';

export function homeRoutes(router: Router, context: WebContext): void {
  route(router, '/', {
    get: [(req, res, next) => (req.user ? dashboard(context, req, res) : home(context, req, res)).catch(next)],
  });
}

async function home({ catalogue, views, site, cookies, prisma, now }: WebContext, req: Request, res: Response) {
  const secret = cookies.get(req, cookies.names.pending);
  const pending = secret ? await pendingIdentityOf(prisma, secret, now()) : undefined;
  views.render(req, res, 'home', {
    title: 'Latchkey',
    groups: grouped(catalogue.all.filter((provider) => provider.canSignIn)),
    returnTo: safeReturnTo(queryOf(req).get('return_to'), site.origin),
    // Somebody who said "I already have an account" is told why they are asked to sign in.
    linking: pending?.haveAccount ? (catalogue.get(pending.provider)?.name ?? pending.provider) : undefined,
  });
}

async function dashboard({ catalogue, views, prisma, providerApps }: WebContext, req: Request, res: Response) {
  const rows = await prisma.connection.findMany({
    where: { userId: req.user?.id ?? '' },
    orderBy: { createdAt: 'asc' },
  });
  const refused = await providerApps.refusedIds();
  const connections = rows.map((row) => {
    const provider = catalogue.find(row.provider, row.sandbox);
    return {
      id: row.id,
      provider: row.provider,
      providerName: provider?.name ?? row.provider,
      label: row.label,
      status: shownStatus(row, refused),
      reason: row.status === 'active' ? undefined : reasonText(row.reason),
      retryAt: row.status === 'retrying' ? row.refreshAt : undefined,
      lastUsedAt: row.lastUsedAt,
      connectedAt: row.createdAt,
      sandbox: row.sandbox,
      available: provider !== undefined,
      successor: provider?.definition.status?.successor,
      successorLabel: catalogue.get(provider?.definition.status?.successor ?? '')?.connectLabel,
    };
  });
  views.render(req, res, 'dashboard', { title: 'Your connections', connections, groups: grouped(catalogue.all) });
}

/** Providers in their order, outdated generations of a service under headings of their own at the end. */
function grouped(providers: readonly Provider[]) {
  const groups = new Map<string, Provider[]>();
  for (const provider of providers) {
    const heading = provider.definition.earlier ?? '';
    groups.set(heading, [...(groups.get(heading) ?? []), provider]);
  }
  return [...groups]
    .map(([heading, members]) => ({ heading, providers: members }))
    .sort((a, b) => Number(a.heading !== '') - Number(b.heading !== ''));
}
