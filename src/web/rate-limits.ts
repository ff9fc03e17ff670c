/**
 * How often one network address, and one signed-in person, may ask (sec-P1 to P3). Starting and finishing attempts and every other change
 * cost more than looking at a page, and a connection's page calls its provider, whose quota is everybody's. Probes and static files are
 * not counted. Nothing that an attacker sends names whose limit is used up, so nobody can be locked out by others.
 */
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import type { RateCounts } from '../db/index.js';
import { WebError } from './web-error.js';

export interface RateLimits {
  /** Before the session is looked up, so that a flood costs no query. */
  readonly byAddress: RequestHandler;
  /** After it. */
  readonly byPerson: RequestHandler;
}

type Kind = 'start' | 'callback' | 'step' | 'console' | 'provider_page' | 'page';

const MINUTE_MS = 60_000;
/** Of IPv6, whoever has one address has the whole /64. */
const IPV6_PREFIX = 64;

/** Per minute. An address may be a whole office behind one router, a person is one. */
const perAddress: Readonly<Record<Kind, number>> = {
  start: 120,
  callback: 240,
  step: 300,
  console: 120,
  provider_page: 1_200,
  page: 3_000,
};
const perPerson: Readonly<Record<Kind, number>> = {
  start: 60,
  callback: 120,
  step: 120,
  console: 30,
  provider_page: 240,
  page: 1_200,
};

export function createRateLimits(counts: RateCounts, now: () => number): RateLimits {
  const limited = (scope: string, limits: Readonly<Record<Kind, number>>, keyOf: (req: Request) => string) => {
    const limiter = (kind: Kind) => limiterOf(counts, { name: `${scope}:${kind}`, limit: limits[kind], keyOf, now });
    const limiters = {
      start: limiter('start'),
      callback: limiter('callback'),
      step: limiter('step'),
      console: limiter('console'),
      provider_page: limiter('provider_page'),
      page: limiter('page'),
    };
    return (req: Request): RequestHandler => limiters[kindOf(req)];
  };
  const address = limited('address', perAddress, addressOf);
  const person = limited('person', perPerson, (req) => req.user?.id ?? '');
  return {
    byAddress: (req, res, next) => address(req)(req, res, next),
    byPerson: (req, res, next) => (req.user ? person(req)(req, res, next) : next()),
  };
}

/** No limits at all, for tests and for whoever has them elsewhere. */
export const noRateLimits: RateLimits = {
  byAddress: (_req, _res, next) => next(),
  byPerson: (_req, _res, next) => next(),
};

interface Limiter {
  readonly name: string;
  readonly limit: number;
  readonly keyOf: (req: Request) => string;
  readonly now: () => number;
}

function limiterOf(counts: RateCounts, { name, limit, keyOf, now }: Limiter): RequestHandler {
  const windowMs = MINUTE_MS;
  return rateLimit({
    windowMs,
    limit,
    keyGenerator: keyOf,
    store: counts.counter({ name, limit, windowMs }),
    standardHeaders: false,
    legacyHeaders: false,
    // Its warnings are about set-ups that config.ts has checked already, and would go to the console.
    validate: false,
    handler: (_req, _res, next) => {
      const seconds = Math.ceil((windowMs - (now() % windowMs)) / 1000);
      next(new WebError(429, 'too_many_requests', { headers: { 'Retry-After': String(seconds) } }));
    },
  });
}

function kindOf(req: Request): Kind {
  if (/^\/auth\/[^/]+\/callback\/?$/.test(req.path)) return 'callback';
  if (req.method === 'POST' && /^\/connections\/[^/]+\/console\/?$/.test(req.path)) return 'console';
  if (req.method === 'POST') return /^\/(?:auth|connect)\/[^/]+\/?$/.test(req.path) ? 'start' : 'step';
  return /^\/connections\//.test(req.path) ? 'provider_page' : 'page';
}

/** `req.ip` obeys TRUST_PROXY; a v4 address in v6 clothes is the same one. */
function addressOf(req: Request): string {
  return ipKeyGenerator((req.ip ?? 'unknown').slice(0, 64), IPV6_PREFIX);
}
