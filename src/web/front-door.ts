/**
 * The listening end of a process of its own. It opens before anything else is ready, answers 503 until then, and sees to it that even what
 * lies outside of the app's path, and what fails outside of it, carries the headers of every answer (sec-L4).
 */
import express, { type ErrorRequestHandler, type Router } from 'express';
import { createHttpServer, type HttpServer } from './http-server.js';
import { headersOf, securityHeaders } from './security-headers.js';
import { siteAt } from './site.js';

export interface FrontDoor extends HttpServer {
  open(router: Router): void;
}

export interface FrontDoorOptions {
  readonly baseUrl: string;
  /** As Express's setting `trust proxy`; without it no `X-Forwarded-*` header is believed (sec-R1). */
  readonly trustProxy?: number | readonly string[] | undefined;
  /** Where forms may lead on this machine. */
  readonly loopbackOrigins: readonly string[];
}

export function createFrontDoor({ baseUrl, trustProxy, loopbackOrigins }: FrontDoorOptions): FrontDoor {
  const site = siteAt(baseUrl);
  const headers = securityHeaders(site, loopbackOrigins);
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', trustProxy ?? false);
  app.use(headers);
  let router: Router | undefined;
  app.use(site.basePath || '/', (req, res, next) => {
    if (router) router(req, res, next);
    else res.status(503).set('Retry-After', '1').type('text').send('Latchkey is starting.\n');
  });
  app.use((_req, res) => void res.status(404).type('text').send('There is nothing here.\n'));
  // Not Express's own, which replaces the policy, nor in development its page with the stack.
  const broken: ErrorRequestHandler = (_error, req, res, _next) => {
    if (res.headersSent) req.socket.destroy();
    else res.status(500).type('text').send('Something went wrong on our side.\n');
  };
  app.use(broken);
  return {
    ...createHttpServer(app, headersOf(headers)),
    open: (ready) => {
      router = ready;
    },
  };
}
