/** `<connection>` on a command line: an id, or a provider at which the person has one account connected. */
import { isRowId } from '../accounts/index.js';
import { NotConnected, ProviderNotConfigured, SeveralConnections } from '../connections/index.js';
import type { Connection } from '../db/index.js';
import { CliFailure } from './failure.js';
import type { OpenInstallation } from './open-installation.js';
import { personOf } from './person.js';

/**
 * @param text id of a connection, or a provider's id
 * @param user as `--user` has it; who is meant when a provider is named
 * @throws CliFailure, NotConnected, SeveralConnections, ProviderNotConfigured
 */
export async function findConnection(
  { prisma, catalogue }: OpenInstallation,
  text: string,
  user: string,
): Promise<Connection> {
  if (isRowId(text)) {
    const row = await prisma.connection.findUnique({ where: { id: text } });
    if (row) return row;
    throw new CliFailure('connection_unknown', `There is no connection ${text}.`, 'latchkey connections lists them.');
  }
  const definition = catalogue.definitions.find(({ id }) => id === text);
  if (!definition) throw new ProviderNotConfigured(text);
  const name = definition.name;
  const userId = await personOf(prisma, user, false).catch((error: unknown) => {
    // Somebody who is not there yet has connected nothing.
    if (error instanceof CliFailure && error.code === 'user_unknown') throw new NotConnected(name);
    throw error;
  });
  const sandbox = catalogue.get(text)?.sandbox;
  const rows = await prisma.connection.findMany({
    where: { userId, provider: text, ...(sandbox === undefined ? {} : { sandbox }) },
    orderBy: { createdAt: 'asc' },
  });
  const [row, ...others] = rows;
  if (!row) throw new NotConnected(name);
  if (others.length > 0) throw new SeveralConnections(name, rows);
  return row;
}
