/** `GET /`: what this is and how to sign in, or the dashboard of a signed-in person. */
import type { Request, Response, Router } from 'express';
import { pendingIdentityOf } from '../../accounts/index.js';
import { safeReturnTo } from '../../flows/index.js';
import type { WebContext } from '../context.js';
import { queryOf } from '../flow-gate.js';
import { providerList, searchText } from '../provider-list.js';
import { route } from '../request-guards.js';
import { shownConnection } from '../shown-connection.js';
import { pageTexts } from '../texts.js';
import { timesIn } from '../times.js';

export function homeRoutes(router: Router, context: WebContext): void {
  route(router, '/', {
    get: [(req, res, next) => (req.user ? dashboard(context, req, res) : home(context, req, res)).catch(next)],
  });
}

async function home({ catalogue, views, site, cookies, prisma, now }: WebContext, req: Request, res: Response) {
  const secret = cookies.get(req, cookies.names.pending);
  const pending = secret ? await pendingIdentityOf(prisma, secret, now()) : undefined;
  const query = queryOf(req);
  const offered = catalogue.all.filter((provider) => provider.canSignIn);
  views.render(req, res, 'home', {
    title: 'Latchkey',
    empty: offered.length === 0,
    list: providerList(offered, query.get('find')),
    searchText,
    returnTo: safeReturnTo(query.get('return_to'), site.origin),
    // Somebody who said "I already have an account" is told why they are asked to sign in.
    // The browser was signed in, and does not know yet that it is not any more.
    ended: cookies.get(req, cookies.names.session) !== undefined,
    linking: pending?.haveAccount ? (catalogue.get(pending.provider)?.name ?? pending.provider) : undefined,
  });
}

/** What needs the person stands first; otherwise in the order in which they connected. */
async function dashboard(context: WebContext, req: Request, res: Response) {
  const { catalogue, views, cookies, prisma, providerApps, now } = context;
  const [rows, refused] = await Promise.all([
    prisma.connection.findMany({ where: { userId: req.user?.id ?? '' }, orderBy: { createdAt: 'asc' } }),
    providerApps.refusedIds(),
  ]);
  const times = timesIn(cookies.get(req, cookies.names.zone));
  const shown = rows.map((row) => shownConnection(row, rows, { catalogue, refused, times, now: new Date(now()) }));
  const needy = shown.filter(({ needsYou }) => needsYou);
  views.render(req, res, 'dashboard', {
    title: pageTexts.connection.title,
    connections: [...needy, ...shown.filter(({ needsYou }) => !needsYou)],
    needYou: needy.length,
    connected: new Set(rows.map((row) => row.provider)),
    list: providerList(catalogue.all, queryOf(req).get('find')),
    searchText,
  });
}
