/** `/setup/flows`: the latest attempts to sign in and to connect, each step by step. For developers; in production it exists for operators only. */
import type { Request, Response, Router } from 'express';
import { FLOW_LIFE_SECONDS } from '../../flows/index.js';
import { variablePrefix } from '../../providers/index.js';
import type { WebContext } from '../context.js';
import { requireDeveloper } from '../developers.js';
import { route } from '../request-guards.js';
import { flowHint, flowOutcomeText, pageTexts } from '../texts.js';
import { type FlowRecord, type FlowRecords, shownSteps } from '../timeline/flow-record.js';
import { storedFailures } from '../timeline/stored-failure.js';
import { WebError } from '../web-error.js';

const LISTED = 50;

export function timelineRoutes(router: Router, context: WebContext, records: FlowRecords): void {
  const developer = requireDeveloper(context);
  route(router, '/setup/flows', { get: [developer, (req, res, next) => list(context, records, req, res).catch(next)] });
  route(router, '/setup/flows/:id', {
    get: [developer, (req, res, next) => show(context, records, req, res).catch(next)],
  });
}

async function list(context: WebContext, records: FlowRecords, req: Request, res: Response): Promise<void> {
  const seen = records.list();
  const stored = (await storedFailures(context.prisma)).filter(({ id }) => !records.has(id));
  const flows = [...seen, ...stored].toSorted((a, b) => b.at - a.at).slice(0, LISTED);
  context.views.render(req, res, 'timeline-list', {
    title: pageTexts.timeline.listTitle,
    flows: flows.map((record) => shown(context, record)),
  });
}

async function show(context: WebContext, records: FlowRecords, req: Request, res: Response): Promise<void> {
  const id = String(req.params.id);
  const record = records.get(id) ?? (await storedFailures(context.prisma)).find((stored) => stored.id === id);
  if (!record) throw new WebError(404, 'not_found');
  const flow = shown(context, record);
  context.views.render(req, res, 'timeline', {
    title: pageTexts.timeline.title(flow.name, flow.intent),
    flow,
    provider: context.catalogue.get(record.provider),
    steps: shownSteps(record),
    hint: record.failed && record.outcome ? flowHint(record.outcome, flow.about) : undefined,
  });
}

function shown({ catalogue, site, now }: WebContext, record: FlowRecord) {
  const { id, provider, intent, at, requestId, outcome, failed } = record;
  const definition = catalogue.definitions.find((candidate) => candidate.id === provider);
  const name = definition?.name ?? provider;
  return {
    id,
    provider,
    name,
    intent,
    at: new Date(at),
    requestId,
    failed,
    ended: outcome !== undefined,
    outcome: flowOutcomeText(outcome ?? (now() - at < FLOW_LIFE_SECONDS * 1000 ? 'under_way' : 'abandoned')),
    about: { name, callbackUrl: site.callbackUrl(provider), prefix: variablePrefix(provider) },
  };
}
