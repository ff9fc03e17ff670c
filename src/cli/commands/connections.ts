/** `latchkey connections`: what is connected, and how it is doing. */
import type { Command } from 'commander';
import { openCredentials, type ShownStatus, shownStatus } from '../../connections/index.js';
import type { Connection } from '../../db/index.js';
import type { CommandLine } from '../command-line.js';
import { CliFailure } from '../failure.js';
import { type OpenInstallation, openInstallation } from '../open-installation.js';
import { personOf, userOption } from '../person.js';
import { subcommand } from '../subcommand.js';
import { table } from '../terminal/table.js';

interface Options {
  readonly user: string;
  readonly all?: true;
  readonly showSecrets?: true;
}

export function connectionsCommand(cli: CommandLine): Command {
  return subcommand('connections', 'List what is connected, and how it is doing.', [
    { command: 'latchkey connections', does: 'your own' },
    { command: 'latchkey connections --all --json', does: 'everybody’s, for a script' },
  ])
    .addOption(userOption())
    .option('-a, --all', 'of everybody')
    .option('--show-secrets', 'the tokens too, as JSON; whoever reads them can act as these people')
    .action(async (options: Options) => {
      if (options.showSecrets && !cli.json) {
        throw new CliFailure('secrets_need_json', 'Tokens are shown as JSON only.', 'Add --json.');
      }
      const open = await openInstallation(cli, { command: 'latchkey connections', online: false });
      const rows = await connectionsOf(open, options);
      const refused = await open.connections.providerApps.refusedIds();
      const connections = rows.map((row) => ({
        ...described(row, shownStatus(row, refused)),
        ...(options.showSecrets ? { credentials: secretsOf(open, row) } : {}),
      }));
      cli.show({ connections }, () => words(cli, connections, options.all === true));
    });
}

async function connectionsOf({ prisma }: OpenInstallation, { user, all }: Options): Promise<Connection[]> {
  const orderBy = [{ userId: 'asc' }, { createdAt: 'asc' }] as const;
  if (all) return await prisma.connection.findMany({ orderBy: [...orderBy] });
  try {
    const userId = await personOf(prisma, user, false);
    return await prisma.connection.findMany({ where: { userId }, orderBy: [...orderBy] });
  } catch (error) {
    // Nobody of that name has connected anything yet, which is no failure for the one who never said a name.
    if (error instanceof CliFailure && error.code === 'user_unknown' && user === 'local') return [];
    throw error;
  }
}

type Described = ReturnType<typeof described>;

function described(row: Connection, status: ShownStatus) {
  const { id, userId, provider, sandbox, subject, label, scopes, reason } = row;
  const { expiresAt, refreshAt, lastUsedAt, createdAt } = row;
  return {
    id,
    userId,
    provider,
    sandbox,
    subject,
    label,
    scopes,
    status,
    reason,
    expiresAt,
    refreshAt,
    lastUsedAt,
    createdAt,
  };
}

function secretsOf({ vault }: OpenInstallation, row: Connection): object {
  const { protocol, token } = openCredentials(vault, row.id, row.credentials);
  return { protocol, ...token.toPlain() };
}

function words(cli: CommandLine, connections: readonly Described[], everybody: boolean): string {
  const { paint, width } = cli.terminal;
  if (connections.length === 0) return 'Nothing is connected yet. Connect something with: latchkey connect <provider>';
  const columns = [
    { title: 'ID', of: ({ id }: Described) => id },
    { title: 'PROVIDER', of: ({ provider, sandbox }: Described) => (sandbox ? `${provider} (sandbox)` : provider) },
    { title: 'ACCOUNT', of: ({ label }: Described) => label },
    { title: 'STATUS', of: ({ status, reason }: Described) => (reason ? `${status} (${reason})` : status) },
    { title: 'EXPIRES', of: ({ expiresAt }: Described) => minute(expiresAt) },
    { title: 'LAST USED', of: ({ lastUsedAt }: Described) => minute(lastUsedAt) },
    ...(everybody ? [{ title: 'PERSON', of: ({ userId }: Described) => userId }] : []),
  ];
  return table(connections, columns, { width, paint });
}

function minute(date: Date | null): string {
  return date === null ? '–' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
