/** `/connections/:id`: one connected account with its data, and the steps a person can take with it. */
import type { Request, Router } from 'express';
import { type ConnectionClient, disconnect, isAbout, RateLimited } from '../../connections/index.js';
import type { Connection } from '../../db/index.js';
import { parseJson, retryAfterMs } from '../../oauth2/index.js';
import type { Provider } from '../../providers/index.js';
import { KEY_MISSING, shownTrouble } from '../call-trouble.js';
import type { WebContext } from '../context.js';
import { isDeveloper } from '../developers.js';
import { type ConnectionPage, ofOwnConnection } from '../own-connection.js';
import { type Panel, readablesOf, readPanel, unread } from '../panels/index.js';
import { CONNECT_STEP_MS } from '../recent-proof.js';
import { eventsOf } from '../request-events.js';
import { requireSignIn, route } from '../request-guards.js';
import { shownConnection } from '../shown-connection.js';
import { troubleText } from '../texts.js';
import { type Times, timesIn } from '../times.js';

/** A person waits for the page, and a provider that hangs is shown as one that is having trouble. */
const PAGE_PATIENCE_MS = 8_000;
/** What takes longer than this does not hold up the page, which asks for it afterwards. */
const PANEL_PATIENCE_MS = 1_500;
const SHOWN_CHARACTERS = 20_000;

export function connectionRoutes(router: Router, context: WebContext): void {
  const signedIn = requireSignIn(context.site);
  const proven = context.proof.require(CONNECT_STEP_MS, '/');
  const own = (page: ConnectionPage) => ofOwnConnection(context, page);
  // Its GET may refresh a token and calls the provider, so HEAD must not do the same unseen.
  route(router, '/connections/:id', { get: [signedIn, own(show)] }, { getHasEffects: true });
  route(router, '/connections/:id/disconnect', { post: [...context.form, signedIn, proven, own(disconnectIt)] });
  route(router, '/connections/:id/refresh', { post: [...context.form, signedIn, own(refreshIt)] });
  route(router, '/connections/:id/check', { post: [...context.form, signedIn, own(checkIt)] });
}

const show: ConnectionPage = async (context, connection, req, res) => {
  const { catalogue, cookies, providerApps, views, prisma, now } = context;
  const provider = catalogue.find(connection.provider, connection.sandbox);
  const times = timesIn(cookies.get(req, cookies.names.zone));
  const live = provider ? await lookAt(context, connection, provider, { req, times }) : undefined;
  // Read again: the calls above may have refreshed the token, or found the grant dead.
  const [rows, refused] = await Promise.all([
    prisma.connection.findMany({ where: { userId: connection.userId } }),
    providerApps.refusedIds(),
  ]);
  const row = rows.find(({ id }) => id === connection.id) ?? connection;
  const at = new Date(now());
  const shown = shownConnection(row, rows, { catalogue, refused, times, now: at });
  views.render(req, res, 'connection', {
    title: `${shown.providerName}: ${row.label}`,
    name: shown.providerName,
    connection: row,
    profile: row.profile,
    provider,
    status: shown.status,
    about: shown.about,
    reason: shown.reason,
    move: shown.move,
    developer: await isDeveloper(context, req),
    trouble: live?.trouble && troubleText(live.trouble.code, live.trouble.until && times.clock(live.trouble.until, at)),
    keyMissing: live?.trouble?.code === KEY_MISSING,
    answer: live?.answer === undefined ? undefined : shownAnswer(live.answer),
    panels: live?.panels ?? [],
    sheets: live?.panels.length ? ['panels.css'] : [],
  });
};

function shownAnswer(answer: unknown): string {
  const text = JSON.stringify(answer, null, 2);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}\n… (cut)` : text;
}

/** Why the provider's answer cannot be shown, and until when it wants to be left alone. */
interface Trouble {
  readonly code: string;
  readonly until?: Date | undefined;
}

/** Calls the provider as the person. Whatever it answers is something to show, never a failure of the page; only faults of our own are that. */
async function lookAt(
  context: WebContext,
  connection: Connection,
  provider: Provider,
  { req, times }: { req: Request; times: Times },
) {
  try {
    const { client, answer, trouble } = await profileAnswer(context, connection, provider);
    if (trouble) return { trouble, answer: undefined, panels: [] };
    return { trouble, answer, panels: await panelsOf(context, client, provider, times) };
  } catch (error) {
    const code = shownTrouble(context.log, req, error);
    const trouble: Trouble = { code, until: error instanceof RateLimited ? error.retryAt : undefined };
    return { trouble, answer: undefined, panels: [] };
  }
}

/** All at once, and only what costs nothing. */
function panelsOf(
  { now }: WebContext,
  client: ConnectionClient,
  provider: Provider,
  times: Times,
): Promise<readonly Panel[]> {
  const options = { provider, times, now, patienceMs: PANEL_PATIENCE_MS };
  return Promise.all(
    readablesOf(provider.definition).map(async (readable) => {
      const panel = unread(provider, readable, client.connection.scopes);
      return panel.state.state === 'waiting' ? await readPanel(client, readable, options) : panel;
    }),
  );
}

async function profileAnswer({ clients, now }: WebContext, { id, userId }: Connection, provider: Provider) {
  let mask = (text: string): string => text;
  const client = await clients.for(userId, provider.id, {
    connection: id,
    fresh: true,
    witness: (sent) => {
      mask = (text) => sent.mask(text);
    },
  });
  const url = await clients.profileUrl(provider);
  if (!url) return { client, answer: undefined, trouble: undefined };
  const response = await client.fetch(url, {
    headers: { Accept: 'application/json' },
    signal: AbortSignal.timeout(PAGE_PATIENCE_MS),
  });
  // A service that repeats the request in its answer must not show the person's token to whatever runs in their browser (sec-J9).
  const text = mask(await response.text());
  if (!response.ok) {
    const waitMs = retryAfterMs(response.headers, now());
    const until = waitMs ? new Date(now() + waitMs) : undefined;
    return { client, answer: undefined, trouble: { code: `status_${response.status}`, until } satisfies Trouble };
  }
  try {
    return { client, answer: parseJson(text), trouble: undefined };
  } catch {
    return { client, answer: undefined, trouble: { code: 'nonsense' } satisfies Trouble };
  }
}

const disconnectIt: ConnectionPage = async ({ disconnecting, views, site }, connection, req, res) => {
  const options = { ...disconnecting, events: eventsOf(req, disconnecting.events) };
  const ended = await disconnect(options, connection.userId, connection.id);
  const notices = { revoked: 'disconnected', unsupported: 'disconnected-here', failed: 'not-revoked' } as const;
  if (ended) views.notify(res, notices[ended.revocation], ended.provider);
  res.redirect(303, site.path('/'));
};

const refreshIt: ConnectionPage = async ({ refresher, views, site, log }, connection, req, res) => {
  // Without an end, or without a refresh token.
  if (connection.refreshAt === null && connection.status !== 'reconnect_required') {
    views.notify(res, 'nothing-to-renew', connection.provider);
    return res.redirect(303, site.path(`/connections/${connection.id}`));
  }
  try {
    await refresher.usable(connection.id, { replace: connection.generation, insist: true });
    views.notify(res, 'refreshed', connection.provider);
  } catch (error) {
    // The row's status and reason, which the page shows, say why.
    const failed = shownTrouble(log, req, error) === KEY_MISSING ? 'key-missing' : 'refresh-failed';
    views.notify(res, failed, connection.provider);
  }
  res.redirect(303, site.path(`/connections/${connection.id}`));
};

const checkIt: ConnectionPage = async (context, connection, req, res) => {
  const { catalogue, views, site, log } = context;
  const provider = catalogue.find(connection.provider, connection.sandbox);
  let outcome = 'check-failed';
  try {
    const { answer } = provider ? await profileAnswer(context, connection, provider) : { answer: undefined };
    if (provider && isAbout(provider.definition, answer, connection.subject)) outcome = 'checked';
  } catch (error) {
    if (shownTrouble(log, req, error) === KEY_MISSING) outcome = 'key-missing';
  }
  views.notify(res, outcome, connection.provider);
  res.redirect(303, site.path(`/connections/${connection.id}`));
};
