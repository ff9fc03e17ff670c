/** Puts the sandbox together: its store, its clock, its Express app and its listeners. */
import { randomBytes as systemRandomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Express, type Request, type Response } from 'express';
import type { ProviderDefinition } from '../providers/index.js';
import { type Answer, json } from './answer.js';
import { BehaviourKnobs } from './behaviour.js';
import { CallLog } from './calls.js';
import type { SandboxContext } from './context.js';
import { controlRouter } from './control.js';
import { deliver, scriptedAnswer, withHeaders } from './delivery.js';
import { dispatch } from './dispatch.js';
import { Endpoints } from './endpoints.js';
import { Grants } from './grants.js';
import { Listeners } from './listeners.js';
import { TemporaryCredentialStore } from './oauth1/temporary-credentials.js';
import { DeviceCodes } from './oauth2/device-codes.js';
import { People } from './people.js';
import { BodyTooLarge, isLoopbackHost, readBody, type SandboxRequest, splitTarget } from './request.js';
import { Scripts } from './scripts.js';
import { Journal } from './store/journal.js';
import { loadKeys } from './store/keys.js';
import { lockFolder } from './store/lock.js';

export interface SandboxOptions {
  /** The original definitions, aimed at the real hosts. */
  readonly definitions: readonly ProviderDefinition[];
  /** The sandbox's own folder, made when missing. What was granted is kept here; one sandbox at a time uses it. */
  readonly dataDir: string;
  /** An origin besides the loopback ones under which callers reach the sandbox. */
  readonly origin?: string;
  /** What may stand before `/auth/<provider>/callback` in redirect URIs. Default: nothing. */
  readonly redirectBasePaths?: readonly string[];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly randomBytes?: (size: number) => Buffer;
  readonly log?: SandboxLog;
}

/** Where the sandbox tells of its own faults; pino's loggers fit. */
export interface SandboxLog {
  error(details: Readonly<Record<string, unknown>>, message: string): void;
}

export interface Sandbox {
  readonly app: Express;
  /**
   * @param port 0 for any free one
   * @param host default: the loopback addresses of both IP versions, so that `localhost` finds it either way
   */
  listen(port: number, host?: string): Promise<{ port: number; origin: string }>;
  /** Stops listening, drops open connections and gives the folder back. */
  close(): Promise<void>;
}

/**
 * @throws SandboxInUse when a living process uses the folder
 * @throws DamagedJournal when the folder's journal cannot be read
 */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { definitions, dataDir, redirectBasePaths = [''], now = Date.now, randomBytes = systemRandomBytes } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(dataDir);
  try {
    const journal = new Journal(join(dataDir, 'journal.jsonl'));
    const behaviour = new BehaviourKnobs();
    const context: SandboxContext = {
      definitions,
      endpoints: new Endpoints(definitions),
      behaviour,
      people: new People(journal, definitions),
      grants: new Grants(journal, randomBytes, now),
      temporaryCredentials: new TemporaryCredentialStore(journal, now),
      deviceCodes: new DeviceCodes(journal, randomBytes, now),
      keys: await loadKeys(dataDir, randomBytes),
      randomBytes,
      redirectBasePaths,
      now,
      shownNow: () => now() + behaviour.current.clockSkewSeconds * 1000,
    };
    journal.compact();
    const calls = new CallLog();
    const scripts = new Scripts();
    const app = createApp(context, calls, scripts, options);
    const listeners = new Listeners(app);
    return {
      app,
      listen: (port, host) => listeners.open(port, host),
      async close() {
        await listeners.close();
        scripts.release();
        journal.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function createApp(context: SandboxContext, calls: CallLog, scripts: Scripts, options: SandboxOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use((request, response, next) => {
    response.setHeader('Date', new Date(context.shownNow()).toUTCString());
    response.setHeader('X-Content-Type-Options', 'nosniff');
    // Another host name means that a page elsewhere made a browser call us (DNS rebinding).
    if (originOf(request, options.origin) === undefined) response.status(421).json({ error: 'misdirected_request' });
    else next();
  });
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.use('/_control', controlRouter(context, calls, scripts));
  app.use(async (request: Request, response: Response) => {
    const origin = originOf(request, options.origin) ?? '';
    const sent = await record(request, origin, calls, context.now());
    if (!sent) return;
    const script = scripts.take(sent.path);
    const held = scripts.whenReleased(sent.path);
    const answer = (script && scriptedAnswer(script)) ?? (await answerTo(context, sent, options.log));
    await held;
    await deliver(response, script?.headers ? withHeaders(answer, script.headers) : answer, script);
  });
  app.use((error: unknown, _request: Request, response: Response, _next: (error: unknown) => void) => {
    const tooLarge = error instanceof BodyTooLarge;
    if (!tooLarge) options.log?.error({ err: error }, 'The sandbox failed to answer.');
    if (response.headersSent) response.destroy();
    else response.status(tooLarge ? 413 : 500).json({ error: tooLarge ? error.code : 'server_error' });
  });
  return app;
}

/** The request as endpoints see it, noted in the list of calls; undefined when its sender went away half-way. */
async function record(
  request: Request,
  origin: string,
  calls: CallLog,
  arrivedAt: number,
): Promise<SandboxRequest | undefined> {
  const time = new Date(arrivedAt).toISOString();
  const { path, query } = splitTarget(request.originalUrl);
  const { body, complete } = await readBody(request);
  calls.add({ method: request.method, path, query, headers: request.headers, body: body.toString('utf8'), time });
  if (!complete) return undefined;
  return { method: request.method, path, query, headers: request.headers, body, origin };
}

async function answerTo(
  context: SandboxContext,
  request: SandboxRequest,
  log: SandboxLog | undefined,
): Promise<Answer> {
  try {
    return await dispatch(context, request);
  } catch (error) {
    log?.error({ err: error, path: request.path }, 'The sandbox failed to answer.');
    return json(500, { error: 'server_error', error_description: 'The sandbox failed; its log says why.' });
  }
}

/** The origin the caller used; undefined when it is none of ours. */
function originOf(request: Request, configured: string | undefined): string | undefined {
  const host = request.headers.host?.toLowerCase();
  if (!request.originalUrl.startsWith('/')) return undefined;
  if (host === undefined) return `http://localhost:${request.socket.localPort}`;
  if (configured !== undefined && new URL(configured).host === host) return new URL(configured).origin;
  const [, name = ''] = /^(.+?)(?::\d{1,5})?$/.exec(host) ?? [];
  return isLoopbackHost(name) ? `http://${host}` : undefined;
}
