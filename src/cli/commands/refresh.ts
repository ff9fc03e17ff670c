/** `latchkey refresh`: renews the access of a connection now, whether or not it is due. */
import type { Command } from 'commander';
import type { CommandLine } from '../command-line.js';
import { findConnection } from '../find-connection.js';
import { openInstallation } from '../open-installation.js';
import { userOption } from '../person.js';
import { subcommand } from '../subcommand.js';
import { visibleLine } from '../terminal/visible.js';

export function refreshCommand(cli: CommandLine): Command {
  return subcommand('refresh <connection>', 'Renew the access of a connection now.', [
    {
      command: 'latchkey refresh google-health',
      does: 'your account there; calls do this by themselves when it is due',
    },
    { command: 'latchkey refresh 0198c0de-0000-7000-8000-000000000000', does: 'the connection of that id' },
  ])
    .addOption(userOption())
    .action(async (text: string, { user }: { user: string }) => {
      const open = await openInstallation(cli, { command: 'latchkey refresh', online: true });
      const row = await findConnection(open, text, user);
      const { refresher } = open.connections;
      const { credentials } = await refresher.usable(row.id);
      const renewable = credentials.protocol === 'oauth2' && credentials.token.refreshToken !== undefined;
      const fresh = renewable ? (await refresher.usable(row.id, { replace: row.generation, insist: true })).row : row;
      const { id, provider, label, status, expiresAt, generation } = fresh;
      cli.show({ id, provider, label, status, expiresAt, renewed: generation !== row.generation }, () => {
        if (!renewable) return `The access of ${visibleLine(label)} has nothing to renew.`;
        const until = expiresAt ? `, good until ${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC` : '';
        return `Renewed the access of ${visibleLine(label)}${until}.`;
      });
    });
}
