/** `<connection>` on a command line: an id, or a provider at which the person has one account connected. */
import { isRowId } from '../accounts/index.js';
import { NotConnected, SeveralConnections } from '../connections/index.js';
import type { Connection } from '../db/index.js';
import type { ProviderDefinition } from '../providers/index.js';
import { CliFailure } from './failure.js';
import type { OpenInstallation } from './open-installation.js';
import { personOf } from './person.js';
import { unknownProvider } from './provider-of.js';

/**
 * @param text id of a connection, or a provider's id
 * @param user as `--user` has it; who is meant when a provider is named
 * @throws CliFailure, SeveralConnections
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
  if (!definition) {
    throw unknownProvider(text, 'latchkey connections lists what is connected, latchkey providers what can be.');
  }
  const userId = await personOf(prisma, user, false).catch((error: unknown) => {
    // Somebody who is not there yet has connected nothing.
    if (error instanceof CliFailure && error.code === 'user_unknown') throw notConnected(definition);
    throw error;
  });
  const sandbox = catalogue.get(text)?.sandbox;
  const rows = await prisma.connection.findMany({
    where: { userId, provider: text, ...(sandbox === undefined ? {} : { sandbox }) },
    orderBy: { createdAt: 'asc' },
  });
  const [row, ...others] = rows;
  if (!row) throw notConnected(definition);
  if (others.length > 0) throw new SeveralConnections(definition.name, rows);
  return row;
}

function notConnected({ id, name }: ProviderDefinition): CliFailure {
  const { code, message } = new NotConnected(name);
  return new CliFailure(
    code,
    message,
    `Connect it with: latchkey connect ${id}   (latchkey connections lists what there is)`,
  );
}
