/** `latchkey disconnect`: ends a connection here, and its grant at the provider. */
import type { Command } from 'commander';
import { disconnect, type Revocation } from '../../connections/index.js';
import type { CommandLine } from '../command-line.js';
import { CliFailure } from '../failure.js';
import { findConnection } from '../find-connection.js';
import { openInstallation } from '../open-installation.js';
import { userOption } from '../person.js';
import { subcommand } from '../subcommand.js';
import { visibleLine } from '../terminal/visible.js';

export function disconnectCommand(cli: CommandLine): Command {
  return subcommand('disconnect <connection>', 'Forget a connection, and withdraw its grant at the provider.', [
    { command: 'latchkey disconnect google-health', does: 'asks, then disconnects your account there' },
    { command: 'latchkey disconnect google-health --yes --json', does: 'in a script, where nobody can be asked' },
  ])
    .addOption(userOption())
    .option('-y, --yes', 'do not ask')
    .action(async (text: string, { user, yes }: { user: string; yes?: true }) => {
      const open = await openInstallation(cli, { command: 'latchkey disconnect', online: true });
      const row = await findConnection(open, text, user);
      const provider = open.catalogue.find(row.provider, row.sandbox);
      const name = provider?.name ?? row.provider;
      const account = visibleLine(row.label);
      if (!yes && !(await agreed(cli, `Disconnect ${account} at ${name}?`))) {
        throw new CliFailure('not_confirmed', 'Nothing was disconnected.');
      }
      const ended = await disconnect(open.connections.disconnecting, row.userId, row.id, { by: 'command line' });
      const revocation = ended?.revocation ?? 'failed';
      cli.show({ id: row.id, provider: row.provider, label: row.label, revocation }, () =>
        words(revocation, account, name, provider?.definition.manageUrl),
      );
    });
}

async function agreed(cli: CommandLine, question: string): Promise<boolean> {
  if (cli.json || !cli.terminal.interactive) {
    throw new CliFailure('confirmation_needed', 'Disconnecting has to be confirmed.', 'Add --yes.');
  }
  return await cli.terminal.confirm(question);
}

function words(revocation: Revocation, account: string, name: string, manageUrl: string | undefined): string {
  if (revocation === 'revoked') return `Disconnected ${account}. ${name} confirmed that the access is withdrawn.`;
  const why = revocation === 'failed' ? `${name} did not confirm it` : `${name} has no call to withdraw access`;
  const where = manageUrl ? `: ${manageUrl}` : '.';
  return `Disconnected ${account} here. ${why}, so remove the app on its own page${where}`;
}
