/** The pages for whoever sets this site up: open while it is being developed, for operators alone in production. To everybody else they do not exist. */
import type { Request, RequestHandler } from 'express';
import type { Operators } from '../accounts/index.js';
import { WebError } from './web-error.js';

export interface Audience {
  readonly production: boolean;
  readonly operators: Operators;
}

export async function isDeveloper({ production, operators }: Audience, req: Request): Promise<boolean> {
  return !production || (await operators.isOperator(req.user?.id));
}

/** @throws WebError 404 to everybody else */
export function requireDeveloper(audience: Audience): RequestHandler {
  return async (req, _res, next) => {
    if (!(await isDeveloper(audience, req))) throw new WebError(404, 'not_found');
    next();
  };
}
