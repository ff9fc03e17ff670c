/** `/operator`: what whoever runs this site sees of it. For everybody else it does not exist, except while the first operator is sought. */
import type { Request, RequestHandler, Response, Router } from 'express';
import { connectionCounts, type DirectoryQuery, isRowId, peopleCounts, peoplePage } from '../../accounts/index.js';
import type { WebContext } from '../context.js';
import { queryOf } from '../flow-gate.js';
import { DANGEROUS_STEP_MS } from '../recent-proof.js';
import { eventsOf } from '../request-events.js';
import { requireSignIn, route } from '../request-guards.js';
import { renewSession } from '../sign-in.js';
import { pageTexts } from '../texts.js';
import { WebError } from '../web-error.js';

const ALARMS = [
  'identity_orphaned',
  'provider_refuses_client',
  'provider_accepts_client',
  'provider_away',
  'provider_back',
];
const STATUSES = ['active', 'retrying', 'reconnect_required'] as const;

export function operatorRoutes(router: Router, context: WebContext): void {
  const signedIn = requireSignIn(context.site);
  const proven = context.proof.require(DANGEROUS_STEP_MS, '/operator');
  route(router, '/operator', { get: [signedIn, (req, res, next) => show(context, req, res).catch(next)] });
  route(router, '/operator/claim', {
    post: [...context.form, signedIn, proven, (req, res, next) => claim(context, req, res).catch(next)],
  });
}

/** Lets operators pass; to everybody else the page does not exist. */
export function requireOperator({ operators }: WebContext): RequestHandler {
  return async (req, _res, next) => {
    if (!(await operators.isOperator(req.user?.id))) throw new WebError(404, 'not_found');
    next();
  };
}

async function show(context: WebContext, req: Request, res: Response): Promise<void> {
  const { operators, views, prisma, catalogue, providerApps } = context;
  if (!(await operators.isOperator(req.user?.id))) {
    if (!(await operators.isClaimOpen())) throw new WebError(404, 'not_found');
    return views.render(req, res, 'claim', { title: pageTexts.operator.claimTitle });
  }
  const query = asked(queryOf(req));
  const [page, counts, people, refused, alarms] = await Promise.all([
    peoplePage(prisma, query),
    connectionCounts(prisma),
    peopleCounts(prisma),
    providerApps.refusedIds(),
    prisma.event.findMany({ where: { kind: { in: ALARMS } }, orderBy: { at: 'desc' }, take: 10 }),
  ]);
  const nameOf = (id: string) => catalogue.definitions.find((definition) => definition.id === id)?.name ?? id;
  const namespaceName = (namespace: string) =>
    catalogue.all.find((provider) => provider.namespace === namespace)?.name ?? namespace;
  const ids = [...new Set(counts.map(({ provider }) => provider))];
  views.render(req, res, 'operator', {
    title: pageTexts.operator.title,
    people,
    page: page.people.map((person) => ({
      ...person,
      own: person.id === req.user?.id,
      waysToSignIn: person.waysToSignIn.map(namespaceName),
      connections: person.connections.map((connection) => ({ ...connection, name: nameOf(connection.provider) })),
    })),
    next: page.next && searchOf({ ...query, after: page.next }),
    query,
    statuses: STATUSES,
    providers: ids.map((id) => ({
      id,
      name: nameOf(id),
      refused: refused.has(id) || refused.has(`sandbox:${id}`),
      counts: STATUSES.map((status) => ({
        status,
        count: total(counts.filter((item) => item.provider === id && item.status === status)),
        search: searchOf({ provider: id, status }),
      })),
      total: total(counts.filter((item) => item.provider === id)),
    })),
    alarms: alarms.map(({ at, kind, provider }) => ({ at, kind, provider: provider && nameOf(provider) })),
  });
}

async function claim(context: WebContext, req: Request, res: Response): Promise<void> {
  const { operators, views, events, site } = context;
  const userId = req.user?.id ?? '';
  const code: unknown = req.body?.code;
  const claimed = await operators.claim(userId, typeof code === 'string' ? code : '');
  if (claimed === 'closed') throw new WebError(409, 'claim_closed');
  if (claimed === 'wrong_code') {
    // The log tells a wrong code like any other refusal; the page is the form again.
    res.locals.refusal = claimed;
    res.status(403);
    return views.render(req, res, 'claim', { title: pageTexts.operator.claimTitle, wrong: true });
  }
  await eventsOf(req, events).record({ kind: 'operator_claimed', userId });
  await renewSession(req);
  views.notify(res, 'operator');
  res.redirect(303, site.path('/operator'));
}

/** What the search form asks for; whatever cannot be asked is left out. */
function asked(parameters: URLSearchParams): DirectoryQuery {
  const text = parameters
    .get('text')
    ?.replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, 100);
  const provider = parameters
    .get('provider')
    ?.replace(/[^a-z0-9-]/g, '')
    .slice(0, 60);
  const status = STATUSES.find((item) => item === parameters.get('status'));
  const after = parameters.get('after') ?? '';
  return {
    ...(text ? { text } : {}),
    ...(provider ? { provider } : {}),
    ...(status ? { status } : {}),
    ...(isRowId(after) ? { after } : {}),
  };
}

function searchOf(query: DirectoryQuery): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return `?${new URLSearchParams(given)}`;
}

function total(counts: readonly { count: number }[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}
