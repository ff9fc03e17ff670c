/** `latchkey providers`: which providers there are, and what each still needs. */
import type { Command } from 'commander';
import { hasEnded, type ProviderDefinition, variablePrefix } from '../../providers/index.js';
import type { CommandLine } from '../command-line.js';
import { catalogueOf } from '../open-installation.js';
import { subcommand } from '../subcommand.js';
import { table } from '../terminal/table.js';
import { providersCheckCommand } from './providers-check.js';

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly protocol: string;
  /** `ready`: with our own client there. `sandbox`: the stand-in answers. `off`: see `note`. */
  readonly state: 'ready' | 'sandbox' | 'off';
  readonly note: string;
}

export function providersCommand(cli: CommandLine): Command {
  const command = subcommand('providers', 'List the providers, and what each still needs.', [
    { command: 'latchkey providers', does: 'all of them' },
    { command: 'latchkey providers --usable', does: 'those that can be connected now' },
    { command: 'latchkey providers check google-health', does: 'runs a whole connection there and writes a report' },
  ]);
  command.option('--usable', 'only those that can be connected now');

  command.addCommand(providersCheckCommand(cli));
  return command.action((options: { usable?: true }) => {
    const providers = listed(cli).filter(({ state }) => !options.usable || state !== 'off');
    cli.show({ providers }, () => words(cli, providers));
  });
}

const PROTOCOLS = { oauth1: 'OAuth 1.0a', oauth2: 'OAuth 2', oidc: 'OpenID Connect' } as const;

function words(cli: CommandLine, providers: readonly Listed[]): string {
  const { paint, width } = cli.terminal;
  if (providers.length === 0)
    return 'No provider can be used. Set <ID>_CLIENT_ID and <ID>_CLIENT_SECRET, or SANDBOX=on.';
  const columns = [
    { title: 'ID', of: ({ id }: Listed) => id },
    { title: 'NAME', of: ({ name }: Listed) => name },
    { title: 'PROTOCOL', of: ({ protocol }: Listed) => protocol },
    { title: 'STATE', of: ({ state }: Listed) => state },
    { title: 'NOTE', of: ({ note }: Listed) => note },
  ];
  return table(providers, columns, { width, paint });
}

function listed(cli: CommandLine): Listed[] {
  const catalogue = catalogueOf(cli);
  return catalogue.definitions.map((definition) => {
    const { id, name } = definition;
    const provider = catalogue.get(id);
    const state = provider ? (provider.sandbox ? 'sandbox' : 'ready') : 'off';
    const note =
      catalogue.problems.get(id) ?? (provider ? statusNote(definition, cli.now()) : need(definition, cli.now()));
    return { id, name, protocol: PROTOCOLS[definition.protocol], state, note };
  });
}

function need(definition: ProviderDefinition, nowMs: number): string {
  const prefix = variablePrefix(definition.id);
  return statusNote(definition, nowMs) || `needs ${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET`;
}

function statusNote({ status }: ProviderDefinition, nowMs: number): string {
  if (!status) return '';
  const instead = status.successor ? `; use ${status.successor}` : '';
  if (hasEnded(status, nowMs)) return `shut${status.sunset ? ` on ${status.sunset}` : ''}${instead}`;
  return status.sunset ? `ends on ${status.sunset}${instead}` : '';
}
