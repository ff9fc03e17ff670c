/**
 * `/welcome`: an account that nobody here signs in with yet. The page is the same whether or not anything else about the account is
 * known here, so it neither links silently nor tells who has an account.
 */
import type { Request, Response, Router } from 'express';
import { markHaveAccount, pendingIdentityOf } from '../../accounts/index.js';
import type { PendingIdentity } from '../../db/index.js';
import { offerFor, settleWelcome, type WelcomeDecision, type WelcomeOffer } from '../../flows/index.js';
import type { WebContext } from '../context.js';
import { showMessage } from '../errors.js';
import { DANGEROUS_STEP_MS } from '../recent-proof.js';
import { eventsOf } from '../request-events.js';
import { route } from '../request-guards.js';
import { signIn } from '../sign-in.js';
import { pageTexts, refusalMessage } from '../texts.js';
import { WebError } from '../web-error.js';

export function welcomeRoutes(router: Router, context: WebContext): void {
  route(router, '/welcome', {
    get: [(req, res, next) => show(context, req, res).catch(next)],
    post: [...context.form, (req, res, next) => decide(context, req, res).catch(next)],
  });
}

async function show(context: WebContext, req: Request, res: Response): Promise<void> {
  const pending = await waiting(context, req);
  if (!pending) return res.redirect(303, context.site.path('/'));
  const provider = context.catalogue.find(pending.provider, pending.sandbox);
  context.views.render(req, res, 'welcome', {
    title: pageTexts.signIn.welcomePage,
    provider: pending.provider,
    providerName: provider?.name ?? pending.provider,
    label: pending.label,
    offer: await offerFor(context.prisma, pending, req.user?.id),
    closed: context.concluding.signUp === 'closed',
  });
}

async function decide(context: WebContext, req: Request, res: Response): Promise<void> {
  const { site, cookies, prisma, views, now } = context;
  const pending = await waiting(context, req);
  if (!pending) {
    res.status(400);
    return showMessage(views, req, res, 'gone', refusalMessage('gone', ''));
  }
  const decision: unknown = req.body?.decision;
  if (decision === 'have-account' && !req.user) {
    await markHaveAccount(prisma, pending.id);
    return res.redirect(303, site.path('/'));
  }
  const offer = await offerFor(prisma, pending, req.user?.id);
  // Another tab signed in or out since this form was shown: the person decides again about what is true now.
  const shown: unknown = req.body?.offer;
  if (typeof shown === 'string' && shown !== offer) return res.redirect(303, site.path('/welcome'));
  const chosen = decisions[offer].find((item) => item === decision);
  if (!chosen) throw new WebError(400, 'bad_request');
  if (chosen === 'connect' && !context.proof.isRecent(req, DANGEROUS_STEP_MS)) {
    return res.redirect(303, context.proof.confirmPath('/welcome'));
  }
  const events = eventsOf(req, context.events);
  const options = { ...context.concluding, events, catalogue: context.catalogue };
  const outcome = await settleWelcome(options, pending, chosen, req.user?.id);
  cookies.clear(res, cookies.names.pending);
  switch (outcome.kind) {
    case 'signed_in':
      if (req.user && req.user.id !== outcome.userId) await events.record({ kind: 'signed_out', userId: req.user.id });
      await signIn(req, outcome.userId, { flow: pending.flowHash, at: now() });
      return res.redirect(303, site.path(pending.returnTo ?? '/'));
    case 'connected':
      views.notify(res, 'connected', pending.provider);
      return res.redirect(303, site.path(pending.returnTo ?? '/'));
    case 'refused': {
      const name = context.catalogue.find(pending.provider, pending.sandbox)?.name ?? pending.provider;
      res.status(outcome.because === 'belongs_to_somebody_else' ? 409 : outcome.because === 'gone' ? 400 : 403);
      return showMessage(views, req, res, outcome.because, refusalMessage(outcome.because, name));
    }
  }
}

/** What the page offered is what the form may answer; somebody signed in never gets a second account by accident. */
const decisions: Readonly<Record<WelcomeOffer, readonly WelcomeDecision[]>> = {
  new: ['create'],
  link: ['connect', 'create'],
  switch: ['switch'],
};

function waiting({ cookies, prisma, now }: WebContext, req: Request): Promise<PendingIdentity | undefined> {
  return pendingIdentityOf(prisma, cookies.get(req, cookies.names.pending), now());
}
