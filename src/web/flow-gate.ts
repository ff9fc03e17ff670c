/** The flows as passport's bridges see them: pending flows in this browser's cookies, the signed-in person from its session. */
import type { Request, Response } from 'express';
import type { Sessions } from '../connections/index.js';
import {
  type AcceptOptions,
  acceptCallback,
  beginFlow,
  type ConcludeOptions,
  conclude,
  type FlowJar,
  safeReturnTo,
} from '../flows/index.js';
import type { Cookies } from './cookies.js';
import type { FlowGate } from './passport/index.js';
import { eventsOf } from './request-events.js';
import type { Site } from './site.js';

/**
 * The time sealed into a flow decides how long it is good for. Its cookie stays longer, so that whoever comes back too late can be told that;
 * a browser that has thrown the cookie away looks like one that never had it. The oldest go first when there are too many.
 */
const COOKIE_LIFE_SECONDS = 3600;

export interface FlowGateOptions extends AcceptOptions, ConcludeOptions {
  readonly sessions: Sessions;
  readonly cookies: Cookies;
  readonly site: Site;
}

export function createFlowGate(options: FlowGateOptions): FlowGate {
  const { cookies, site } = options;
  return {
    begin: (req, provider, { intent, returnTo, instance, scopes }) =>
      beginFlow(
        options,
        {
          provider,
          intent,
          userId: req.user?.id,
          returnTo,
          instance,
          callbackUrl: site.callbackUrl(provider.id),
          ...(scopes ? { scopes } : {}),
        },
        flowJar(cookies, req),
      ),
    accept: (req, provider) =>
      acceptCallback(
        { ...options, events: eventsOf(req, options.events) },
        {
          provider,
          parameters: queryOf(req),
          callbackUrl: site.callbackUrl(provider.id),
          jar: flowJar(cookies, req),
          signedInAs: req.user?.id,
        },
      ),
    conclude: async (req, accepted) =>
      conclude(
        { ...options, events: eventsOf(req, options.events) },
        {
          grant: await accepted.grant(),
          signedInAs: req.user?.id,
          flowHash: accepted.hash,
          // Checked when the flow began, and again now that somebody is sent there.
          returnTo: safeReturnTo(accepted.flow.returnTo, site.origin),
        },
      ),
  };
}

/** The query exactly as it came: Express's own parser would fold repeated parameters into arrays. */
export function queryOf(req: Request): URLSearchParams {
  const mark = req.originalUrl.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : req.originalUrl.slice(mark + 1));
}

function flowJar(cookies: Cookies, req: Request): FlowJar {
  const { flowPrefix } = cookies;
  const res = responseOf(req);
  return {
    all: () => {
      const flows = [...cookies.all(req)].filter(([name]) => name.startsWith(flowPrefix));
      return new Map(flows.map(([name, value]) => [name.slice(flowPrefix.length), value]));
    },
    put: ({ name, value }) => cookies.set(res, flowPrefix + name, value, COOKIE_LIFE_SECONDS),
    drop: (name) => cookies.clear(res, flowPrefix + name),
  };
}

function responseOf(req: Request): Response {
  if (!req.res) throw new TypeError('A flow needs a response to put its cookie on.');
  return req.res;
}
