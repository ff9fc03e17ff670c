/** The start and the callback of flows: `POST /auth/:provider`, `POST /connect/:provider`, `GET /auth/:provider/callback`. */
import express, { type NextFunction, type Request, type RequestHandler, type Response, type Router } from 'express';
import { PENDING_IDENTITY_MS, pendingIdentityOf } from '../../accounts/index.js';
import { FlowRefused, flowHash, type Intent, namedInstance, type Outcome, safeReturnTo } from '../../flows/index.js';
import type { Provider } from '../../providers/index.js';
import type { WebContext } from '../context.js';
import { showMessage } from '../errors.js';
import { queryOf } from '../flow-gate.js';
import { type BridgeOptions, bridgeFor, type FlowGate } from '../passport/index.js';
import { CONNECT_STEP_MS } from '../recent-proof.js';
import { refusePrefetch, requireSignIn, route } from '../request-guards.js';
import { type Authenticator, signIn } from '../sign-in.js';
import { rememberProvider } from '../start-again.js';
import { refusalMessage } from '../texts.js';
import { WebError } from '../web-error.js';

const parseForm = express.urlencoded({ extended: false, limit: '20kb', parameterLimit: 50 });

export function flowRoutes(router: Router, context: WebContext, authenticator: Authenticator, gate: FlowGate): void {
  const { catalogue, site } = context;
  // By name: passport runs a named strategy on a fresh object for each request, but a strategy handed to it directly is shared by all
  // requests, which would mix up whose callback is answered.
  for (const provider of catalogue.all) {
    authenticator.use(strategyName(provider), bridgeFor(provider, gate, site.callbackUrl(provider.id)));
  }

  const start = (intent: Intent): RequestHandler => {
    return (req, res, next) => {
      const provider = providerOf(context, req);
      if (intent === 'sign-in' && !provider.canSignIn) throw new WebError(404, 'sign_in_not_offered');
      const returnTo = safeReturnTo(req.body?.return_to, site.origin);
      const instance = namedInstance(provider.definition, req.body?.instance);
      if ('problem' in instance) {
        throw new WebError(400, instance.problem === 'elsewhere' ? 'instance_elsewhere' : 'instance_refused');
      }
      const options: BridgeOptions = { begin: { intent, returnTo, instance: instance.name } };
      authenticator.authenticate(strategyName(provider), { session: false, ...options })(req, res, next);
    };
  };
  const proven = context.proof.require(CONNECT_STEP_MS, '/');
  const known: RequestHandler = (req, res, next) => {
    rememberProvider(res, providerOf(context, req));
    next();
  };

  route(router, '/auth/:provider', { post: [known, ...context.form, start('sign-in')] });
  route(router, '/connect/:provider', {
    post: [known, ...context.form, requireSignIn(site), proven, start('connect')],
  });
  const callback: RequestHandler = (req, res, next) => {
    // Its address holds a code, which no other page needs to know, not even one of ours.
    res.setHeader('Referrer-Policy', 'no-referrer');
    const provider = providerOf(context, req);
    const done = (error: unknown, _user: unknown, outcome: unknown) => {
      const finished = error
        ? finishRefused(context, provider, error, req, res, next)
        : finish(context, provider, outcome as Outcome, req, res);
      finished.catch(next);
    };
    authenticator.authenticate(strategyName(provider), { session: false }, done)(req, res, next);
  };
  router.post('/auth/:provider/callback', known, parseForm, (req, res, next) => {
    if (!answersByForm(providerOf(context, req))) return next();
    res.redirect(303, `${site.path(req.path)}?${callbackParametersOf(providerOf(context, req), req.body)}`);
  });
  route(router, '/auth/:provider/callback', { get: [known, refusePrefetch, callback] }, { getHasEffects: true });
}

/** OAuth 2.0 Form Post Response Mode: the callback comes as a cross-site POST, to which browsers give none of our cookies. */
function answersByForm({ definition }: Provider): boolean {
  return definition.authorize?.parameters?.response_mode === 'form_post';
}

const CALLBACK_PARAMETERS = ['code', 'state', 'iss', 'error', 'error_description'];

/** What the same callback would carry as a GET, where all the checks are made. */
function callbackParametersOf({ definition }: Provider, form: Record<string, unknown> | undefined): URLSearchParams {
  const query = new URLSearchParams();
  const kept = (definition.callback?.keep ?? []).map(({ name }) => name);
  for (const name of [...CALLBACK_PARAMETERS, ...kept]) {
    // A repeated parameter stays repeated, so that the check sees it.
    for (const value of [form?.[name]].flat()) if (typeof value === 'string') query.append(name, value);
  }
  return query;
}

/** Kept apart from passport's own `session` strategy, whatever a provider is called. */
export function strategyName(provider: Provider): string {
  return `provider:${provider.id}`;
}

function providerOf({ catalogue }: WebContext, req: Request): Provider {
  const provider = catalogue.get(String(req.params.provider));
  if (!provider) throw new WebError(404, 'unknown_provider');
  return provider;
}

async function finish(context: WebContext, provider: Provider, outcome: Outcome, req: Request, res: Response) {
  const { site, views, cookies, now } = context;
  const hash = hashOfCallback(provider, req);
  switch (outcome.kind) {
    case 'signed_in': {
      const before = req.user?.id;
      await signIn(req, outcome.userId, { flow: hash, at: now() });
      if (before === outcome.userId) views.notify(res, 'confirmed');
      const { returnTo } = outcome;
      res.redirect(303, site.path((await waitsForLinking(context, req)) ? '/welcome' : (returnTo ?? '/')));
      return;
    }
    case 'connected':
      views.notify(res, outcome.created ? 'connected' : 'reconnected', provider.id);
      res.redirect(303, site.path(outcome.returnTo ?? `/connections/${outcome.connectionId}`));
      return;
    case 'ask':
      cookies.set(res, cookies.names.pending, outcome.secret, PENDING_IDENTITY_MS / 1000);
      res.redirect(303, site.path('/welcome'));
      return;
    case 'refused':
      res.status(
        outcome.because === 'belongs_to_somebody_else' || outcome.because === 'not_a_way_to_sign_in' ? 409 : 403,
      );
      showMessage(views, req, res, outcome.because, refusalMessage(outcome.because, provider.name));
  }
}

/** A reload of the callback that this session came from is no error: the person is where they wanted to be. */
async function finishRefused(
  context: WebContext,
  provider: Provider,
  error: unknown,
  req: Request,
  res: Response,
  next: NextFunction,
): Promise<void> {
  const repeated = error instanceof FlowRefused && (error.code === 'flow_unknown' || error.code === 'flow_spent');
  const hash = hashOfCallback(provider, req);
  if (repeated && req.user && hash !== undefined && req.session.flow === hash) {
    res.redirect(303, context.site.path('/'));
    return;
  }
  next(error);
}

function hashOfCallback(provider: Provider, req: Request): string | undefined {
  const query = queryOf(req);
  const key = query.get('state') ?? query.get('oauth_token');
  return key ? flowHash(provider.id, key) : undefined;
}

/** The person came to sign in because they said "I already have an account" about another one. */
async function waitsForLinking({ cookies, prisma, now }: WebContext, req: Request): Promise<boolean> {
  const pending = await pendingIdentityOf(prisma, cookies.get(req, cookies.names.pending), now());
  return pending?.haveAccount === true;
}
