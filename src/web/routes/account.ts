/** `/account`: who one is here, how one signs in, where one is signed in, and what happened; and the page to prove it once more. */
import type { Request, Response, Router } from 'express';
import { type WayToSignIn, waysOf } from '../../accounts/index.js';
import { type BrowserSession, sessionRowId } from '../../db/session-store.js';
import { safeReturnTo } from '../../flows/index.js';
import type { WebContext } from '../context.js';
import { deviceOf } from '../device.js';
import { queryOf } from '../flow-gate.js';
import { providerOfWay } from '../provider-of-way.js';
import { requireSignIn, route } from '../request-guards.js';
import { eventText, pageTexts } from '../texts.js';

const RECENT_EVENTS = 20;
const DEFAULT_RETURN = '/account';

export function accountRoutes(router: Router, context: WebContext): void {
  const signedIn = requireSignIn(context.site);
  route(router, '/account', { get: [signedIn, (req, res, next) => show(context, req, res).catch(next)] });
  route(router, '/account/confirm', { get: [signedIn, (req, res, next) => confirm(context, req, res).catch(next)] });
}

async function show(context: WebContext, req: Request, res: Response): Promise<void> {
  const { prisma, catalogue, views, sessions, operators, retentionDays } = context;
  const userId = req.user?.id ?? '';
  const [person, { ways, possible }, open, happened, operator] = await Promise.all([
    prisma.user.findUnique({ where: { id: userId } }),
    waysOf(prisma, catalogue, userId),
    sessions.listOfUser(userId),
    prisma.event.findMany({ where: { userId }, orderBy: [{ at: 'desc' }, { id: 'desc' }], take: RECENT_EVENTS }),
    operators.isOperator(userId),
  ]);
  const providerName = (id: string | null) => catalogue.definitions.find((item) => item.id === id)?.name ?? id;
  views.render(req, res, 'account', {
    title: pageTexts.everyPage.yourAccount,
    name: person?.name ?? pageTexts.account.fallbackName,
    person,
    emailFrom: person?.emailVerifiedBy ? providerName(person.emailVerifiedBy) : undefined,
    ways: ways.map((way) => shownWay(context, way)),
    possible: possible.map((way) => ({ ...way, providerName: providerName(way.provider) })),
    sessions: open.map((session) => shownSession(session, req)),
    events: happened.flatMap((event) => {
      const text = eventText(event, providerName(event.provider) ?? 'a provider');
      return text ? [{ at: event.at, text, address: event.address }] : [];
    }),
    operator,
    retentionDays,
  });
}

/** The ways that this person has to prove who they are, as start forms that lead back to what they were about to do. */
async function confirm(context: WebContext, req: Request, res: Response): Promise<void> {
  const { prisma, catalogue, views, site } = context;
  const { ways } = await waysOf(prisma, catalogue, req.user?.id ?? '');
  const namespaces = new Set(ways.map(({ namespace }) => namespace));
  views.render(req, res, 'confirm', {
    title: pageTexts.signIn.confirmTitle,
    providers: catalogue.all.filter((provider) => provider.canSignIn && namespaces.has(provider.namespace)),
    returnTo: safeReturnTo(queryOf(req).get('return_to'), site.origin) ?? DEFAULT_RETURN,
  });
}

function shownWay({ catalogue }: WebContext, way: WayToSignIn) {
  const provider = providerOfWay(catalogue, way);
  return {
    ...way,
    providerId: provider?.id ?? way.namespace,
    providerName: provider?.name ?? way.namespace,
    // Kept for when the provider comes back, but nobody can sign in with it now.
    usable: catalogue.all.some(({ namespace, canSignIn }) => canSignIn && namespace === way.namespace),
  };
}

function shownSession(session: BrowserSession, req: Request) {
  return { ...session, device: deviceOf(session.userAgent), here: session.id === sessionRowId(req.sessionID) };
}
