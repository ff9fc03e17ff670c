/**
 * `/connections/:id/console`: one call to the provider's API by hand, as the person, and what was sent and answered. For whoever builds on a
 * connection: in production it exists for operators only. Opening it calls nobody.
 */
import type { Request, Response, Router } from 'express';
import type { Connection } from '../../db/index.js';
import type { Provider } from '../../providers/index.js';
import { type ConsoleForm, type ConsoleProblem, callOf, formOf, METHODS } from '../console/request.js';
import { type ConsoleResult, sendCall } from '../console/send.js';
import { suggestionsFor } from '../console/suggestions.js';
import { basesOf } from '../console/target.js';
import type { WebContext } from '../context.js';
import { requireDeveloper } from '../developers.js';
import { queryOf } from '../flow-gate.js';
import { ownConnection } from '../own-connection.js';
import { CONNECT_STEP_MS } from '../recent-proof.js';
import { eventsOf } from '../request-events.js';
import { requireSignIn, route } from '../request-guards.js';
import { consoleProblemText, pageTexts, troubleText } from '../texts.js';
import { timesIn } from '../times.js';
import { WebError } from '../web-error.js';

/** A call may take seconds; more of them at once would be a program, which has `clients.for`. */
const AT_ONCE = 2;
const RECORDED_CHARACTERS = 160;

export function consoleRoutes(router: Router, context: WebContext): void {
  const signedIn = requireSignIn(context.site);
  const developer = requireDeveloper(context);
  const proven = context.proof.require(CONNECT_STEP_MS, '/');
  const running = new Map<string, number>();
  route(router, '/connections/:id/console', {
    get: [signedIn, developer, (req, res, next) => open(context, req, res).catch(next)],
    post: [
      ...context.form,
      signedIn,
      developer,
      proven,
      (req, res, next) => oneOfFew(running, req.user?.id ?? '', () => send(context, req, res)).catch(next),
    ],
  });
}

async function oneOfFew(running: Map<string, number>, userId: string, step: () => Promise<void>): Promise<void> {
  const before = running.get(userId) ?? 0;
  if (before >= AT_ONCE) throw new WebError(429, 'too_many_requests', { headers: { 'Retry-After': '1' } });
  running.set(userId, before + 1);
  try {
    await step();
  } finally {
    const left = (running.get(userId) ?? 1) - 1;
    if (left > 0) running.set(userId, left);
    else running.delete(userId);
  }
}

async function open(context: WebContext, req: Request, res: Response): Promise<void> {
  const connection = await ownConnection(context, req);
  show(context, { connection, provider: providerOf(context, connection) }, req, res, {
    // Fills in the form, for the links to calls worth trying; nothing is sent before somebody presses the button.
    form: formOf(Object.fromEntries(queryOf(req))),
  });
}

async function send(context: WebContext, req: Request, res: Response): Promise<void> {
  const connection = await ownConnection(context, req);
  const provider = providerOf(context, connection);
  if (!provider) throw new WebError(404, 'not_found');
  const form = formOf(req.body);
  const call = callOf(form, provider);
  if ('problem' in call) {
    res.status(400);
    return show(context, { connection, provider }, req, res, { form, problem: call.problem });
  }
  // Whoever closes the page does not wait for the answer, and the provider need not give it (sec-J10).
  const gone = new AbortController();
  res.on('close', () => gone.abort());
  const result = await sendCall(context.clients, connection, call, { signal: gone.signal });
  await eventsOf(req, context.events).record({
    kind: 'console_called',
    userId: connection.userId,
    connectionId: connection.id,
    provider: connection.provider,
    detail: {
      method: call.method,
      // Masked, and without its query, which holds what the person wrote.
      ...(result.sent ? { url: (result.sent.url.split('?')[0] ?? '').slice(0, RECORDED_CHARACTERS) } : {}),
      ...(result.answer ? { status: result.answer.status } : { trouble: result.trouble ?? 'unknown' }),
    },
  });
  if (result.trouble) res.status(result.trouble === 'http_timeout' ? 504 : 502);
  show(context, { connection, provider }, req, res, { form, result });
}

interface Shown {
  readonly form: ConsoleForm;
  readonly problem?: ConsoleProblem;
  readonly result?: ConsoleResult;
}

function show(
  { views, catalogue, cookies, now }: WebContext,
  { connection, provider }: { connection: Connection; provider: Provider | undefined },
  req: Request,
  res: Response,
  { form, problem, result }: Shown,
): void {
  const definition = catalogue.definitions.find(({ id }) => id === connection.provider);
  const name = definition?.name ?? connection.provider;
  const bases = provider ? basesOf(provider) : [];
  const about = { subject: connection.subject, nowMs: now() };
  const times = timesIn(cookies.get(req, cookies.names.zone));
  const until = result?.retryAt && times.clock(result.retryAt, new Date(now()));
  views.render(req, res, 'console', {
    title: `${pageTexts.console.title}: ${name}`,
    name,
    connection,
    provider,
    methods: METHODS,
    bases,
    billed: definition?.api.billed,
    docsUrl: definition?.docsUrl,
    suggestions: provider ? suggestionsFor(provider, bases, about) : [],
    form,
    problem: problem && { field: problem.field, text: consoleProblemText(problem) },
    result: result && { ...result, trouble: result.trouble && troubleText(result.trouble, until) },
  });
}

function providerOf({ catalogue }: WebContext, { provider, sandbox }: Connection): Provider | undefined {
  return catalogue.find(provider, sandbox);
}
