/** What the web room tells the log: one line for each request, the cause of each failure of ours, and what happened to whom (sec-M2). */
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { causesOf } from './causes.js';

/** The part of pino's interface that is used here. */
export interface Logger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface Log {
  readonly requests: RequestHandler;
  /** A request was refused; its own line says with which code, from where. */
  refused(res: Response, code: string): void;
  failed(req: Request, code: string, error: unknown): void;
}

export function createLog(logger: Logger): Log {
  return {
    requests(req, res, next) {
      const requestId = randomUUID();
      const startedAt = performance.now();
      res.locals.requestId = requestId;
      res.setHeader('X-Request-Id', requestId);
      // Without its query, which may hold a code or a token.
      const path = req.originalUrl.split('?')[0]?.slice(0, 200);
      res.on('close', () => {
        const ms = Math.round(performance.now() - startedAt);
        const facts = { requestId, method: req.method, path, status: res.statusCode, ms };
        const { refusal } = res.locals;
        const aborted = res.writableFinished ? {} : { aborted: true };
        if (typeof refusal === 'string') {
          // Whoever looks into an attack needs to know where it came from and, if anybody, who it was (sec-M2).
          const about = { code: refusal, address: req.ip?.slice(0, 64), userId: req.user?.id };
          logger.warn({ ...facts, ...aborted, ...about }, 'request refused');
        } else {
          logger.info({ ...facts, ...aborted }, 'request');
        }
      });
      next();
    },
    refused(res, code) {
      res.locals.refusal = code;
    },
    failed(req, code, error) {
      logger.error({ requestId: req.res?.locals.requestId, code, causes: causesOf(error) }, 'request failed');
    },
  };
}
