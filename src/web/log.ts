/** What the web room tells the log: one line for each request, and the cause of each failure, reduced to what holds no secret. */
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';

/** The part of pino's interface that is used here. */
export interface Logger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface Log {
  readonly requests: RequestHandler;
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
      res.on('finish', () => {
        const ms = Math.round(performance.now() - startedAt);
        logger.info({ requestId, method: req.method, path, status: res.statusCode, ms }, 'request');
      });
      next();
    },
    failed(req, code, error) {
      logger.error({ requestId: req.res?.locals.requestId, code, causes: causesOf(error) }, 'request failed');
    },
  };
}

/**
 * Names, codes and positions of an error and its causes. Messages are left out except for our own typed errors, because a database
 * client's message may print the values of a query.
 */
export function causesOf(error: unknown): readonly object[] {
  const causes: object[] = [];
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const code = 'code' in current && typeof current.code === 'string' ? current.code : undefined;
    const frames = (current.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 4);
    causes.push({ name: current.name, code, at: frames.map((frame) => frame.trim().slice(3)) });
    current = current.cause;
  }
  return causes;
}
