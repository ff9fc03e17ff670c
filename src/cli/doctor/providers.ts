/** The providers that are set up: what is wrong with their settings, which are shut, and which addresses to register. */
import type { Database } from '../../db/index.js';
import { type Catalogue, lifecycleOf, type ProviderDefinition } from '../../providers/index.js';
import type { CommandLine } from '../command-line.js';
import { type Finding, failure, ok, warning } from './finding.js';

export function providerSettings(cli: CommandLine, catalogue: Catalogue): Finding[] {
  const { config, custom } = cli.installation;
  const ready = catalogue.all.filter(({ sandbox }) => !sandbox);
  const problems = [...catalogue.problems].map(([id, reason]) =>
    failure(id, `It is switched off: ${reason}`, 'Correct the variable, or remove all of this provider.'),
  );
  const refused = custom.refused.map(({ file, reason }) => failure(file, reason, 'Correct the file in PROVIDERS_DIR.'));
  const ends = ready.flatMap(({ definition }) => endOf(definition, catalogue.definitions, cli.now()));
  const callbacks = ready.map(({ id, name, definition }) => {
    const where = definition.consoleUrl ? ` at ${definition.consoleUrl}` : '';
    return ok(id, `${name}: the callback to register${where} is ${config.baseUrl}/auth/${id}/callback`);
  });
  const none = ready.length === 0 && !catalogue.sandboxOrigin ? [nothing()] : [];
  return [...problems, ...refused, ...ends, ...callbacks, ...none];
}

function nothing(): Finding {
  return failure(
    'providers',
    'None is set up, and the sandbox is off.',
    'Set <ID>_CLIENT_ID and <ID>_CLIENT_SECRET, or SANDBOX=on.',
  );
}

function endOf(definition: ProviderDefinition, all: readonly ProviderDefinition[], nowMs: number): Finding[] {
  const end = lifecycleOf(definition, all, nowMs);
  if (!end) return [];
  const { ended, message, instead = 'There is no successor; disconnect what is left.' } = end;
  return [(ended ? failure : warning)(definition.id, message, instead)];
}

/** Providers whose last word about our client was no. */
export async function refusedClients({ prisma }: Database): Promise<Finding[]> {
  const rows = await prisma.providerApp.findMany({ where: { refusedAt: { not: null } }, orderBy: { id: 'asc' } });
  return rows.map(({ id, refusedAt }) =>
    failure(
      id,
      `It refuses our client id or secret since ${refusedAt?.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
      'Compare both with the provider’s console; connections heal by themselves afterwards.',
    ),
  );
}
