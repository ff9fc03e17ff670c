/**
 * `/connections/:id/panels/:panel`: one thing of a person's, for the script of the connection page and for whoever has no scripts; and
 * `/connections/:id/allow`, which asks the provider for the permission that one of them lacks.
 */
import type { Request, RequestHandler, Router } from 'express';
import type { Connection } from '../../db/index.js';
import type { Provider } from '../../providers/index.js';
import type { WebContext } from '../context.js';
import { type ConnectionPage, ofOwnConnection } from '../own-connection.js';
import { canAllow, type Panel, type Readable, readablesOf, readPanel, scopesToAllow, unread } from '../panels/index.js';
import type { BridgeOptions } from '../passport/index.js';
import { CONNECT_STEP_MS } from '../recent-proof.js';
import { refusePrefetch, requireSignIn, route } from '../request-guards.js';
import type { Authenticator } from '../sign-in.js';
import { pageTexts } from '../texts.js';
import { timesIn } from '../times.js';
import { WebError } from '../web-error.js';
import { strategyName } from './flows.js';

/** Somebody has asked for it and looks at its place, so it may take longer than what comes with a page. */
const PATIENCE_MS = 10_000;

export function panelRoutes(router: Router, context: WebContext, authenticator: Authenticator): void {
  const signedIn = requireSignIn(context.site);
  const proven = context.proof.require(CONNECT_STEP_MS, '/');
  const panel = '/connections/:id/panels/:panel';
  route(
    router,
    panel,
    {
      get: [refusePrefetch, signedIn, ofOwnConnection(context, show)],
      // Answered with the page itself: its address by GET would cost again with each reload, where a POST makes browsers ask.
      post: [...context.form, signedIn, ofOwnConnection(context, showForMoney)],
    },
    { getHasEffects: true },
  );
  const allow: ConnectionPage = async (_context, connection, req, res) => {
    const { provider, readable } = named(context, connection, String(req.body?.reading ?? ''));
    if (!canAllow(provider)) throw new WebError(404, 'not_found');
    // The form says which reading, and nothing else: what is asked for comes from the definition and from what was granted.
    const scopes = scopesToAllow(provider.definition, readable.id, connection.scopes);
    const options: BridgeOptions = { begin: { intent: 'connect', returnTo: undefined, scopes } };
    const start: RequestHandler = authenticator.authenticate(strategyName(provider), { session: false, ...options });
    await new Promise<void>((resolve, reject) => {
      res.once('finish', resolve).once('close', resolve);
      start(req, res, reject);
    });
  };
  route(router, '/connections/:id/allow', {
    post: [...context.form, signedIn, proven, ofOwnConnection(context, allow)],
  });
}

const show: ConnectionPage = async (context, connection, req, res) => {
  const { provider, readable } = named(context, connection, String(req.params.panel));
  const panel = unread(provider, readable, connection.scopes);
  const waiting = panel.state.state === 'waiting';
  render(context, connection, provider, waiting ? await ask(context, connection, provider, readable, req) : panel, {
    req,
    res,
  });
};

const showForMoney: ConnectionPage = async (context, connection, req, res) => {
  const { provider, readable } = named(context, connection, String(req.params.panel));
  const panel = unread(provider, readable, connection.scopes);
  const permitted = panel.state.state !== 'not_permitted';
  render(context, connection, provider, permitted ? await ask(context, connection, provider, readable, req) : panel, {
    req,
    res,
  });
};

/** @throws WebError for what cannot be read here */
function named({ catalogue }: WebContext, { provider: id, sandbox }: Connection, readingId: string) {
  const provider = catalogue.find(id, sandbox);
  const readable = provider && readablesOf(provider.definition).find((each) => each.id === readingId);
  if (!provider || !readable) throw new WebError(404, 'not_found');
  return { provider, readable };
}

async function ask(
  { clients, cookies, now }: WebContext,
  connection: Connection,
  provider: Provider,
  readable: Readable,
  req: Request,
): Promise<Panel> {
  const client = await clients.for(connection.userId, connection.provider, { connection: connection.id });
  const times = timesIn(cookies.get(req, cookies.names.zone));
  return await readPanel(client, readable, { provider, times, now, patienceMs: PATIENCE_MS });
}

function render(
  { views }: WebContext,
  connection: Connection,
  { definition: { name } }: Provider,
  panel: Panel,
  { req, res }: { req: Request; res: Parameters<ConnectionPage>[3] },
): void {
  const title = `${name}: ${pageTexts.panels.kinds[panel.kind].title}`;
  views.render(req, res, 'panels/page', { title, name, connection, panel, sheets: ['panels.css'] });
}
