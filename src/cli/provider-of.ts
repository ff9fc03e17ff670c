/** `<provider>` and `--instance` on a command line. */
import { namedInstance } from '../flows/index.js';
import type { Catalogue, Provider } from '../providers/index.js';
import { CliFailure } from './failure.js';
import { visibleLine } from './terminal/visible.js';

/** @throws CliFailure saying what is missing */
export function providerOf(catalogue: Catalogue, id: string): Provider {
  const provider = catalogue.get(id);
  if (provider) return provider;
  const definition = catalogue.definitions.find((each) => each.id === id);
  if (!definition) {
    throw new CliFailure(
      'provider_unknown',
      `There is no provider "${visibleLine(id)}".`,
      'latchkey providers lists them.',
    );
  }
  const prefix = id.toUpperCase().replaceAll('-', '_');
  const problem = catalogue.problems.get(id) ?? `${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET are not set.`;
  throw new CliFailure(
    'provider_not_configured',
    `${definition.name} cannot be used: ${problem}`,
    definition.consoleUrl
      ? `Register an app at ${definition.consoleUrl}, or set SANDBOX=on to try it without.`
      : undefined,
  );
}

/** @throws CliFailure when a server is named where there is one only, or none is where there are many */
export function instanceOf({ definition }: Provider, typed: string | undefined): string | undefined {
  if (!definition.instance) {
    if (typed === undefined) return undefined;
    throw new CliFailure('instance_not_wanted', `${definition.name} has one server only.`, 'Leave out --instance.');
  }
  const instance = namedInstance(definition, typed);
  if (instance !== undefined) return instance;
  const { label, placeholder } = definition.instance;
  throw new CliFailure(
    'instance_needed',
    `${label}: ${definition.name} needs to know it.`,
    `Add --instance ${placeholder}`,
  );
}
