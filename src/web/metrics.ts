/**
 * What Prometheus can ask of this process: attempts by provider and outcome, refreshes by outcome, connections by status, requests by route.
 * Labels are ids of providers, codes and route templates: never a person, an address or a path as it was asked for (sec-M1).
 */
import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PrismaClient } from '../db/index.js';
import type { FlowGate } from './passport/index.js';

export interface MetricsOptions {
  readonly prisma: PrismaClient;
  /** Memory, event loop and garbage collection too: for a process of which this is all there is. */
  readonly wholeProcess: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Metrics {
  readonly requests: RequestHandler;
  /** The same gate, with each step's outcome counted. */
  counted(gate: FlowGate): FlowGate;
  refresh(provider: string, outcome: string): void;
  /** The text format of Prometheus. */
  page(): Promise<{ readonly contentType: string; readonly text: string }>;
  close(): void;
}

/** Counting a million rows takes a while, and a dashboard does not need it more often. */
const COUNT_EVERY_MS = 30_000;
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

export function createMetrics({ prisma, wholeProcess, now }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (wholeProcess) collectDefaultMetrics({ register: registry });
  const flows = new Counter({
    name: 'latchkey_flows_total',
    help: 'Attempts to sign in or connect, by provider and what became of them; "started" once for each.',
    labelNames: ['provider', 'outcome'],
    registers,
  });
  const refreshes = new Counter({
    name: 'latchkey_refreshes_total',
    help: 'Refreshes of access tokens, by provider and outcome.',
    labelNames: ['provider', 'outcome'],
    registers,
  });
  const requests = new Histogram({
    name: 'latchkey_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer, by route template and class of status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const count = connectionCounter(prisma, now);
  new Gauge({
    name: 'latchkey_connections',
    help: 'Connections by provider and status, the sandbox\'s as "sandbox:<provider>"; counted at most every half minute, the same in every process of one database.',
    labelNames: ['provider', 'status'],
    registers,
    async collect() {
      const rows = await count();
      this.reset();
      for (const { provider, status, count: number } of rows) this.set({ provider, status }, number);
    },
  });
  const counting = async <T>(provider: string, step: () => Promise<T>, outcomeOf: (value: T) => string | undefined) => {
    try {
      const value = await step();
      const outcome = outcomeOf(value);
      if (outcome) flows.inc({ provider, outcome });
      return value;
    } catch (error) {
      flows.inc({ provider, outcome: codeOf(error) });
      throw error;
    }
  };
  return {
    requests(req, res, next) {
      const end = requests.startTimer();
      res.on('close', () => {
        const method = METHODS.has(req.method) ? req.method : 'other';
        end({ method, route: String(res.locals.route ?? 'other'), status: `${Math.floor(res.statusCode / 100)}xx` });
      });
      next();
    },
    counted: (gate) => ({
      begin: (req, provider, options) => counting(provider.id, () => gate.begin(req, provider, options), started),
      accept: (req, provider) => counting(provider.id, () => gate.accept(req, provider), nothingYet),
      conclude: (req, accepted) =>
        counting(
          accepted.flow.provider,
          () => gate.conclude(req, accepted),
          ({ kind }) => kind,
        ),
    }),
    refresh: (provider, outcome) => refreshes.inc({ provider, outcome }),
    page: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    close: () => registry.clear(),
  };
}

const started = () => 'started';
const nothingYet = () => undefined;

interface ConnectionCount {
  readonly provider: string;
  readonly status: string;
  readonly count: number;
}

/** Counts now and then; while the database is away the last figures stand. */
function connectionCounter(prisma: PrismaClient, now: () => number): () => Promise<readonly ConnectionCount[]> {
  let known: readonly ConnectionCount[] = [];
  let countedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() - countedAt < COUNT_EVERY_MS) return known;
    countedAt = now();
    try {
      const groups = await prisma.connection.groupBy({ by: ['provider', 'sandbox', 'status'], _count: { _all: true } });
      known = groups.map(({ provider, sandbox, status, _count }) => ({
        // Nobody has an account there, and a real provider's trouble must not drown among them.
        provider: sandbox ? `sandbox:${provider}` : provider,
        status,
        count: _count._all,
      }));
    } catch {
      // `/readyz` tells about the database; a scrape must not fail with it.
    }
    return known;
  };
}

/** Our typed errors have codes of a fixed set; what has none is a fault of ours. */
function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[a-z]+(?:_[a-z\d]+)*$/.test(code) ? code : 'failed';
}
