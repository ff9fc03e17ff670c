/** `GET /metrics`: for whoever has METRICS_TOKEN; without one, for programs on this machine only. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Router } from 'express';
import type { Metrics } from '../metrics.js';
import { route } from '../request-guards.js';
import { isLoopbackHost } from '../site.js';

const LOOPBACK_ADDRESS = /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/;

/** @param token undefined when none is set */
export function metricsRoute(router: Router, metrics: Metrics, token: string | undefined): void {
  const guard: RequestHandler = (req, res, next) => {
    if (token === undefined ? isFromThisMachine(req) : carries(req, token)) return next();
    // Plain text: this is no page for people.
    res.status(401).set('WWW-Authenticate', 'Bearer realm="metrics"').type('text').send('Not without its token.\n');
  };
  route(router, '/metrics', {
    get: [
      guard,
      async (_req, res) => {
        const { contentType, text } = await metrics.page();
        res.set('Content-Type', contentType).send(text);
      },
    ],
  });
}

/** Compared as hashes, which have one length, so that the time taken tells nothing. */
function carries(req: Request, token: string): boolean {
  const given = /^Bearer +(\S.*)$/i.exec(req.headers.authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(hash(given), hash(token));
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * A proxy on this machine calls from loopback whoever it asks for, so nothing may say that it was passed on; and a foreign name that leads
 * here is a web page's trick to read it (DNS rebinding).
 */
function isFromThisMachine(req: Request): boolean {
  const passedOn = Object.keys(req.headers).some((name) => /^(?:x-forwarded-|x-real-ip$|forwarded$|via$)/.test(name));
  const host = (req.headers.host ?? '').replace(/:\d+$/, '');
  return !passedOn && LOOPBACK_ADDRESS.test(req.socket.remoteAddress ?? '') && isLoopbackHost(host);
}
