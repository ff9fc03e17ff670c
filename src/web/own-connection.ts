/** The connection that an address names, if it is the signed-in person's. Foreign, unknown and malformed ids are one and the same 404. */
import type { Request, RequestHandler, Response } from 'express';
import { isRowId } from '../accounts/index.js';
import type { Connection } from '../db/index.js';
import type { WebContext } from './context.js';
import { WebError } from './web-error.js';

export type ConnectionPage = (
  context: WebContext,
  connection: Connection,
  req: Request,
  res: Response,
) => Promise<void>;

/** A handler for routes with `:id`. */
export function ofOwnConnection(context: WebContext, page: ConnectionPage): RequestHandler {
  return (req, res, next) => {
    ownConnection(context, req)
      .then((connection) => page(context, connection, req, res))
      .catch(next);
  };
}

/** @throws WebError 404 */
export async function ownConnection({ prisma }: WebContext, req: Request): Promise<Connection> {
  const id = String(req.params.id);
  const userId = req.user?.id;
  const row = isRowId(id) && userId ? await prisma.connection.findFirst({ where: { id, userId } }) : null;
  if (!row) throw new WebError(404, 'not_found');
  return row;
}
