/** Writes down what each attempt goes through, and leaves the attempt itself as it is. */
import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import type { Events } from '../../events/index.js';
import { type AcceptedFlow, FlowRefused, flowHash, type Intent } from '../../flows/index.js';
import type { Provider } from '../../providers/index.js';
import { type Audience, isDeveloper } from '../developers.js';
import { queryOf } from '../flow-gate.js';
import type { FlowGate } from '../passport/index.js';
import { eventsOf } from '../request-events.js';
import type { Site } from '../site.js';
import { factsOfCallback, factsOfError, factsOfRedirect } from './facts.js';
import type { Fact, FlowRecords, StepName } from './flow-record.js';

export interface TracingOptions extends Audience {
  readonly records: FlowRecords;
  readonly events: Events;
  readonly site: Site;
  readonly now: () => number;
}

interface Attempt {
  readonly id: string;
  readonly req: Request;
  readonly provider: Provider;
  readonly intent: Intent | undefined;
  /** It was claimed, so it fails once at most, and its failure is worth an event. */
  readonly spent: boolean;
}

export function traced(gate: FlowGate, options: TracingOptions): FlowGate {
  const { records, now } = options;
  const note = ({ id, req, provider, intent }: Attempt, name: StepName, facts: readonly Fact[], tookMs?: number) =>
    records.add(
      id,
      { provider: provider.id, intent, requestId: requestIdOf(req), at: now() },
      { name, state: 'done', at: now(), facts, ...(tookMs === undefined ? {} : { tookMs }) },
    );
  const step = async <T>(attempt: Attempt, name: StepName, work: () => Promise<T>): Promise<T> => {
    const startedAt = now();
    try {
      const value = await work();
      note(attempt, name, [], now() - startedAt);
      return value;
    } catch (error) {
      await failed(options, attempt, { name, error, tookMs: now() - startedAt });
      throw error;
    }
  };
  const attempts = new WeakMap<AcceptedFlow, Attempt>();

  return {
    async begin(req, provider, start) {
      const startedAt = now();
      const about = { req, provider, intent: start.intent, spent: false };
      let url: string;
      try {
        url = await gate.begin(req, provider, start);
      } catch (error) {
        const attempt = { ...about, id: randomBytes(12).toString('base64url') };
        await failed(options, attempt, { name: 'start', error, tookMs: now() - startedAt });
        throw error;
      }
      const id = idOf(provider, new URL(url).searchParams);
      // A pushed request (RFC 9126) shows no state; its callback begins the record.
      if (id === undefined) return url;
      note({ ...about, id }, 'start', [], now() - startedAt);
      note({ ...about, id }, 'redirect', factsOfRedirect(url, provider));
      return url;
    },
    async accept(req, provider) {
      const parameters = queryOf(req);
      const id = idOf(provider, parameters);
      if (id === undefined) return await gate.accept(req, provider);
      const attempt = { id, req, provider, intent: records.get(id)?.intent, spent: false };
      const accepted = await checked(attempt, parameters);
      return followed(accepted, { ...attempt, intent: accepted.flow.intent, spent: true });
    },
    async conclude(req, accepted) {
      const attempt = attempts.get(accepted);
      if (!attempt) return await gate.conclude(req, accepted);
      // What `conclude` does first, asking whose account it is, notes itself.
      let startedAt: number | undefined;
      const grant = async () => {
        const granted = await accepted.grant();
        startedAt = now();
        return granted;
      };
      try {
        const outcome = await gate.conclude(req, { ...accepted, grant });
        const because = outcome.kind === 'refused' ? [{ name: 'because', value: outcome.because }] : [];
        note(attempt, 'decision', [{ name: 'outcome', value: outcome.kind }, ...because], now() - (startedAt ?? now()));
        records.end(attempt.id, outcome.kind);
        return outcome;
      } catch (error) {
        if (startedAt !== undefined) {
          await failed(options, attempt, { name: 'decision', error, tookMs: now() - startedAt });
        }
        throw error;
      }
    },
  };

  async function checked(attempt: Attempt, parameters: URLSearchParams): Promise<AcceptedFlow> {
    const { id, req, provider } = attempt;
    const arrived = () => note(attempt, 'callback', factsOfCallback(parameters));
    const check = () => gate.accept(req, provider);
    // In production, what arrives here from nowhere must not push out what people went through.
    if (!options.production || records.has(id)) {
      arrived();
      return await step(attempt, 'checks', check);
    }
    try {
      const accepted = await check();
      arrived();
      note(attempt, 'checks', []);
      return accepted;
    } catch (error) {
      if (spends(error)) {
        arrived();
        await failed(options, attempt, { name: 'checks', error });
      }
      throw error;
    }
  }

  function followed(accepted: AcceptedFlow, attempt: Attempt): AcceptedFlow {
    const flow: AcceptedFlow = {
      ...accepted,
      exchange: () => step(attempt, 'token', () => accepted.exchange()),
      grant: () => step(attempt, 'profile', () => accepted.grant()),
    };
    attempts.set(flow, attempt);
    return flow;
  }
}

async function failed(
  options: TracingOptions,
  attempt: Attempt,
  { name, error, tookMs }: { name: StepName; error: unknown; tookMs?: number },
): Promise<void> {
  const { records, events, site, now } = options;
  const { id, req, provider, intent } = attempt;
  const code = error instanceof FlowRefused ? error.code : 'failed';
  const facts = factsOfError(error);
  records.add(
    id,
    { provider: provider.id, intent, requestId: requestIdOf(req), at: now() },
    { name, state: 'failed', at: now(), facts, ...(tookMs === undefined ? {} : { tookMs }) },
  );
  records.end(id, code);
  // Whatever spends nothing could be repeated without end, and is not stored.
  if (error instanceof FlowRefused && (attempt.spent || spends(error))) {
    const cause = facts.findLast((fact) => fact.name === 'code')?.value ?? code;
    const status = facts.find((fact) => fact.name === 'status');
    await eventsOf(req, events).record({
      kind: code === 'denied' ? 'consent_denied' : 'flow_failed',
      userId: req.user?.id,
      provider: provider.id,
      detail: {
        flow: id,
        step: name,
        code,
        cause,
        ...(intent ? { intent } : {}),
        ...(status ? { status: status.value } : {}),
      },
    });
  }
  if (req.res && (await mayLook(options, req))) req.res.locals.timeline = site.path(`/setup/flows/${id}`);
}

/** The provider's own last word. */
function spends(error: unknown): boolean {
  return error instanceof FlowRefused && (error.code === 'denied' || error.code === 'provider_error');
}

/** Asked while something has gone wrong already, perhaps with the database itself. */
async function mayLook(audience: Audience, req: Request): Promise<boolean> {
  try {
    return await isDeveloper(audience, req);
  } catch {
    return false;
  }
}

/** Part of the hash that names the flow in the database: neither the state nor the temporary token can be found from it. */
function idOf(provider: Provider, parameters: URLSearchParams): string | undefined {
  const names = provider.definition.protocol === 'oauth1' ? ['oauth_token', 'denied'] : ['state'];
  const key = names.map((name) => parameters.get(name)).find((value) => value);
  return key ? flowHash(provider.id, key).slice(0, 16) : undefined;
}

function requestIdOf(req: Request): string | undefined {
  const requestId: unknown = req.res?.locals.requestId;
  return typeof requestId === 'string' ? requestId : undefined;
}
