/** `<provider>` and `--instance` on a command line. */
import { type InstanceProblem, namedInstance } from '../flows/index.js';
import { type Catalogue, type Provider, type ProviderDefinition, variablePrefix } from '../providers/index.js';
import { CliFailure } from './failure.js';
import { visibleLine } from './terminal/visible.js';

/** @throws CliFailure saying what is missing */
export function providerOf(catalogue: Catalogue, id: string): Provider {
  const provider = catalogue.get(id);
  if (provider) return provider;
  const definition = catalogue.definitions.find((each) => each.id === id);
  if (!definition) throw unknownProvider(id, 'latchkey providers lists them.');
  const prefix = variablePrefix(id);
  const problem = catalogue.problems.get(id) ?? `${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET are not set.`;
  throw new CliFailure(
    'provider_not_configured',
    `${definition.name} cannot be used: ${problem}`,
    definition.consoleUrl
      ? `Register an app at ${definition.consoleUrl}, or set SANDBOX=on to try it without.`
      : undefined,
  );
}

export function unknownProvider(id: string, advice: string): CliFailure {
  return new CliFailure('provider_unknown', `There is no provider "${visibleLine(id)}".`, advice);
}

/** @throws CliFailure when a server is named where there is one only, none is where there are many, or it cannot be that one */
export function instanceOf({ definition }: Provider, typed: string | undefined): string | undefined {
  if (!definition.instance) {
    if (typed === undefined) return undefined;
    throw new CliFailure('instance_not_wanted', `${definition.name} has one server only.`, 'Leave out --instance.');
  }
  const instance = namedInstance(definition, typed);
  if ('problem' in instance) throw instanceFailure(instance.problem, definition, definition.instance, typed ?? '');
  return instance.name;
}

function instanceFailure(
  problem: InstanceProblem,
  { name }: ProviderDefinition,
  { label, placeholder, default: usual = placeholder }: NonNullable<ProviderDefinition['instance']>,
  typed: string,
): CliFailure {
  const named = visibleLine(typed);
  switch (problem) {
    case 'missing':
      return new CliFailure('instance_needed', `${label}: ${name} needs to know it.`, `Add --instance ${placeholder}`);
    case 'form':
      return new CliFailure(
        'instance_refused',
        `${label}: "${named}" is not the name of one at ${name}.`,
        `Give the whole name and nothing else, such as --instance ${placeholder}`,
      );
    case 'elsewhere':
      return new CliFailure(
        'instance_elsewhere',
        `This app is registered at ${usual} only, not at ${named}.`,
        'Leave out --instance. Another server needs a registration and a definition of its own (PROVIDERS_DIR).',
      );
  }
}
