/** What an operator can do about people and connections. Each step is in the trail of the person and of the operator. */
import type { Request, RequestHandler, Response, Router } from 'express';
import { disablePerson, enablePerson, isRowId } from '../../accounts/index.js';
import type { Withdrawal } from '../../connections/index.js';
import type { WebContext } from '../context.js';
import { DANGEROUS_STEP_MS } from '../recent-proof.js';
import { eventsOf } from '../request-events.js';
import { requireSignIn, route } from '../request-guards.js';
import { WebError } from '../web-error.js';
import { requireOperator } from './operator.js';

/** How long an operator waits before they are told that it goes on without them. */
const PATIENCE_MS = 10_000;

type Step = (context: WebContext, req: Request, res: Response) => Promise<void>;

export function operatorSteps(router: Router, context: WebContext): void {
  const before: RequestHandler[] = [
    ...context.form,
    requireSignIn(context.site),
    requireOperator(context),
    context.proof.require(DANGEROUS_STEP_MS, '/operator'),
  ];
  const step = (path: string, work: Step) => {
    const handler: RequestHandler = (req, res, next) => {
      work(context, req, res).catch(next);
    };
    route(router, path, { post: [...before, handler] });
  };
  step('/operator/users/:id/disable', disable);
  step('/operator/users/:id/enable', enable);
  step('/operator/users/:id/delete', deletePerson);
  step('/operator/providers/:provider/revoke', revokeAll);
}

const disable: Step = async (context, req, res) => {
  const userId = otherPerson(req);
  if (!(await disablePerson(context.prisma, userId))) throw new WebError(404, 'not_found');
  await eventsOf(req, context.events).record({ kind: 'account_disabled', userId });
  await done(context, req, res, 'disable', userId, 'person-disabled');
};

const enable: Step = async (context, req, res) => {
  const userId = otherPerson(req);
  if (!(await enablePerson(context.prisma, userId))) throw new WebError(404, 'not_found');
  await eventsOf(req, context.events).record({ kind: 'account_enabled', userId });
  await done(context, req, res, 'enable', userId, 'person-enabled');
};

const deletePerson: Step = async (context, req, res) => {
  const userId = otherPerson(req);
  if (!(await context.deletions.mark(userId))) throw new WebError(404, 'not_found');
  const { complete } = await context.deletions.finishWithin(userId, PATIENCE_MS);
  await done(context, req, res, 'delete', userId, complete ? 'person-deleted' : 'person-deleting');
};

const revokeAll: Step = async (context, req, res) => {
  const { prisma, catalogue, withdrawals, views, site } = context;
  const id = String(req.params.provider);
  const known =
    catalogue.definitions.some((definition) => definition.id === id) ||
    (/^[a-z0-9-]{1,60}$/.test(id) && (await prisma.connection.count({ where: { provider: id } })) > 0);
  if (!known) throw new WebError(404, 'unknown_provider');
  const withdrawal = await withdrawals.allWithin(id, PATIENCE_MS);
  await trail(context, req, 'revoke', id);
  views.notify(res, noticeOf(withdrawal), id);
  res.redirect(303, site.path('/operator'));
};

function noticeOf(withdrawal: Withdrawal | undefined): string {
  if (!withdrawal?.complete) return 'withdrawing';
  if (withdrawal.failed > 0) return 'withdrawal-failed';
  return withdrawal.unconfirmed > 0 ? 'withdrawn-partly' : 'withdrawn';
}

/** One's own account is left out, so that no operator locks themselves out by a slip. */
function otherPerson(req: Request): string {
  const id = String(req.params.id);
  if (!isRowId(id)) throw new WebError(404, 'not_found');
  if (id.toLowerCase() === req.user?.id) throw new WebError(409, 'own_account');
  return id;
}

async function done(context: WebContext, req: Request, res: Response, step: string, about: string, notice: string) {
  await trail(context, req, step, about);
  context.views.notify(res, notice);
  res.redirect(303, context.site.path('/operator'));
}

function trail({ events }: WebContext, req: Request, step: string, about: string): Promise<void> {
  return eventsOf(req, events).record({ kind: 'operator_acted', userId: req.user?.id, detail: { step, about } });
}
