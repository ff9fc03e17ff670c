/** The control API under `/_control`: harnesses on this machine choose who consents, what goes wrong, and read what was called. */
import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { behaviourSchema } from './behaviour.js';
import type { CallLog } from './calls.js';
import type { SandboxContext } from './context.js';
import { userSchema } from './people.js';
import { BodyTooLarge, isLoopbackAddress, mediaType, readBody } from './request.js';
import { holdSchema, nextSchema, releaseSchema, type Scripts } from './scripts.js';

/** What the caller sent cannot be used; the message says why. */
class BadControl extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.name = 'BadControl';
    this.status = status;
  }
}

/** Scripted answers may be larger than anything the providers would be sent. */
const scriptLimitBytes = 64 * 1024 * 1024;

const revokeSchema = z.strictObject({ provider: z.string().min(1), subject: z.string().min(1) });
const nothing = z.strictObject({});

export function controlRouter(context: SandboxContext, calls: CallLog, scripts: Scripts): Router {
  const knownProvider = (id: string) => {
    if (context.definitions.some((definition) => definition.id === id)) return;
    const ids = context.definitions.map((definition) => definition.id).join(', ');
    throw new BadControl(`There is no provider "${id}". Known ones: ${ids}.`);
  };

  const actions: Readonly<Record<string, (body: unknown) => unknown>> = {
    user: (body) => {
      const choice = checked(userSchema, body);
      if (choice.provider !== undefined) knownProvider(choice.provider);
      return context.people.choose(choice);
    },
    behaviour: (body) => context.behaviour.change(checked(behaviourSchema, body)),
    next: (body) => {
      const script = checked(nextSchema, body);
      scripts.add(script);
      return { path: script.path, times: script.times ?? 1 };
    },
    hold: (body) => {
      const { path } = checked(holdSchema, body);
      scripts.hold(path);
      return { path };
    },
    release: (body) => {
      scripts.release(checked(releaseSchema, body).path);
      return { released: true };
    },
    reset: (body) => {
      checked(nothing, body);
      calls.forget();
      scripts.forget();
      return { reset: true };
    },
    revoke: (body) => {
      const { provider, subject } = checked(revokeSchema, body);
      knownProvider(provider);
      context.temporaryCredentials.withdraw(provider, subject);
      return { revoked: context.grants.withdraw(provider, subject) };
    },
  };

  const router = express.Router({ caseSensitive: true, strict: true });
  router.use((request, _response, next) => {
    onlyFromHere(request);
    next();
  });
  router.get('/calls', (request, response) => {
    const path = request.query.path;
    if (path !== undefined && typeof path !== 'string') throw new BadControl('Give one path.');
    response.json({ calls: calls.list(path) });
  });
  for (const [name, act] of Object.entries(actions)) {
    router.post(`/${name}`, async (request, response) => {
      response.json(act(await jsonBody(request)));
    });
  }
  router.use((request) => {
    const name = request.path.slice(1);
    const exists = name === 'calls' || Object.hasOwn(actions, name);
    throw new BadControl(
      exists ? `${request.method} is not served here.` : 'There is no such control.',
      exists ? 405 : 404,
    );
  });
  router.use(answerError);
  return router;
}

/** Programs on this machine only, and no web page: browsers name the page's origin, programs do not. */
function onlyFromHere(request: Request): void {
  if (!isLoopbackAddress(request.socket.remoteAddress))
    throw new BadControl('The controls answer this machine only.', 403);
  if (request.headers.origin !== undefined) throw new BadControl('The controls are not for web pages.', 403);
}

async function jsonBody(request: Request): Promise<unknown> {
  const { body } = await readBody(request, scriptLimitBytes);
  // Checked even for an empty body: a cross-site form names its own type.
  const type = mediaType(request.headers);
  if (type !== '' && type !== 'application/json') throw new BadControl('The body must be application/json.');
  if (body.length === 0) return {};
  if (type === '') throw new BadControl('The body must be application/json.');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new BadControl('The body is not JSON.');
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => {
    const field = issue.path.map(String).join('.');
    return field === '' ? issue.message : `${field}: ${issue.message}`;
  });
  throw new BadControl(`${sentences.join('; ')}.`);
}

function answerError(error: unknown, _request: Request, response: Response, next: (error: unknown) => void): void {
  if (error instanceof BadControl) response.status(error.status).json({ error: error.message });
  else if (error instanceof BodyTooLarge) response.status(413).json({ error: error.message });
  else next(error);
}
