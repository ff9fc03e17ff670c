/** What a person can do about their own account: ways to sign in, sessions, their data, its end. */
import type { Request, RequestHandler, Response, Router } from 'express';
import { allowSignIn, isRowId, personalData, removeWay, usableNamespaces, waysOf } from '../../accounts/index.js';
import { sessionRowId } from '../../db/session-store.js';
import type { WebContext } from '../context.js';
import { providerOfWay } from '../provider-of-way.js';
import { DANGEROUS_STEP_MS } from '../recent-proof.js';
import { eventsOf } from '../request-events.js';
import { requireSignIn, route } from '../request-guards.js';
import { signOut } from '../sign-in.js';
import { WebError } from '../web-error.js';

/** How long the person waits for the provider's answers before they are told that it goes on without them. */
const DELETION_PATIENCE_MS = 10_000;

type Step = (context: WebContext, userId: string, req: Request, res: Response) => Promise<void>;

export function accountSteps(router: Router, context: WebContext): void {
  const signedIn = requireSignIn(context.site);
  const proven = context.proof.require(DANGEROUS_STEP_MS, '/account');
  const step = (path: string, work: Step, ...before: RequestHandler[]) => {
    const handler: RequestHandler = (req, res, next) => {
      work(context, req.user?.id ?? '', req, res).catch(next);
    };
    route(router, path, { post: [...context.form, signedIn, ...before, handler] });
  };
  step('/account/identities/:id/allow-sign-in', allow, proven);
  step('/account/identities/:id/remove', remove, proven);
  step('/account/sessions/:id/end', endSessions);
  step('/account/export', exportData);
  step('/account/delete', deleteAccount, proven);
}

/** The id is a connection's: what is not a way to sign in yet has no other. */
const allow: Step = async ({ prisma, catalogue, views, site, events }, userId, req, res) => {
  const connectionId = rowId(req);
  const connection = await prisma.connection.findFirst({ where: { id: connectionId, userId } });
  if (!connection) throw new WebError(404, 'not_found');
  const provider = catalogue.find(connection.provider, connection.sandbox);
  if (!provider?.canSignIn) throw new WebError(409, 'sign_in_not_offered');
  const allowed = await allowSignIn(prisma, userId, connection);
  if (allowed === 'taken') throw new WebError(409, 'taken');
  if (allowed === 'added') {
    await eventsOf(req, events).record({ kind: 'way_to_sign_in_added', userId, connectionId, provider: provider.id });
  }
  if (allowed !== 'gone') views.notify(res, 'way-added', provider.id);
  res.redirect(303, site.path('/account'));
};

const remove: Step = async ({ prisma, catalogue, views, site, events, sessions }, userId, req, res) => {
  const id = rowId(req);
  // Asked before: what tells how it was called goes with it.
  const way = (await waysOf(prisma, catalogue, userId)).ways.find((each) => each.id === id);
  const removed = await removeWay(prisma, userId, id, usableNamespaces(catalogue));
  if (!removed.done) {
    throw removed.because === 'last' ? new WebError(409, 'last_way_to_sign_in') : new WebError(404, 'not_found');
  }
  // Whoever came in by that way is not to stay.
  await sessions.endAllOfUser(userId, req.sessionID);
  const provider = providerOfWay(catalogue, { namespace: removed.namespace, provider: way?.provider })?.id;
  await eventsOf(req, events).record({ kind: 'way_to_sign_in_removed', userId, provider });
  views.notify(res, 'way-removed', ...(provider ? [provider] : []));
  res.redirect(303, site.path('/account'));
};

/** `others` instead of an id means every browser but this one. */
const endSessions: Step = async ({ sessions, views, site, events, cookies }, userId, req, res) => {
  const id = String(req.params.id);
  const here = id === sessionRowId(req.sessionID);
  const ended = id === 'others' ? await sessions.endAllOfUser(userId, req.sessionID) : undefined;
  if (ended === undefined && !here && !(await sessions.endOne(userId, id))) throw new WebError(404, 'not_found');
  if (here) {
    await signOut(req, res, cookies);
    await eventsOf(req, events).record({ kind: 'signed_out', userId });
  } else if (ended !== 0) {
    await eventsOf(req, events).record({ kind: 'session_ended', userId, detail: { sessions: ended ?? 1 } });
  }
  views.notify(res, here ? 'signed-out' : id === 'others' ? 'sessions-ended' : 'session-ended');
  res.redirect(303, site.path(here ? '/' : '/account'));
};

const exportData: Step = async ({ prisma, events, now }, userId, req, res) => {
  // First, so that the file tells of itself.
  await eventsOf(req, events).record({ kind: 'data_exported', userId });
  const data = await personalData(prisma, userId);
  if (!data) throw new WebError(404, 'not_found');
  const day = new Date(now()).toISOString().slice(0, 10);
  res.setHeader('Content-Disposition', `attachment; filename="latchkey-account-${day}.json"`);
  res.type('json').send(`${JSON.stringify({ exportedAt: new Date(now()), ...data }, null, 2)}\n`);
};

const deleteAccount: Step = async ({ deletions, views, site, cookies }, userId, req, res) => {
  await deletions.mark(userId);
  await signOut(req, res, cookies);
  const { complete, ended } = await deletions.finishWithin(userId, DELETION_PATIENCE_MS);
  const unrevoked = ended.filter(({ revocation }) => revocation !== 'revoked').map(({ provider }) => provider);
  if (!complete) views.notify(res, 'account-deleting');
  else if (unrevoked.length > 0) views.notify(res, 'account-deleted-partly-revoked', ...unrevoked);
  else views.notify(res, 'account-deleted');
  res.redirect(303, site.path('/'));
};

/** Malformed ids are as unknown as any other. */
function rowId(req: Request): string {
  const id = String(req.params.id);
  if (!isRowId(id)) throw new WebError(404, 'not_found');
  return id;
}
