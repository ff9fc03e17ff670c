/**
 * What a provider definition is: data that describes one service with an OAuth interface, checked by one schema whether it
 * ships with Latchkey (definitions/) or comes from a file in PROVIDERS_DIR. Nothing elsewhere names a provider.
 */
import { complaintAbout } from './definition/complaints.js';
import { checkRules } from './definition/rules.js';
import { type DefinitionShape, definitionShape, type ReadingShape } from './definition/shape.js';

export { definitionShape } from './definition/shape.js';

/** The schema with the rules that concern several fields at once. */
const definitionSchema = definitionShape.superRefine(checkRules);

export type ProviderDefinition = DefinitionShape;
export type Reading = ReadingShape;
export type Protocol = ProviderDefinition['protocol'];

/** A definition that does not fit the schema; the message names each wrong field by its path. */
export class InvalidDefinition extends Error {
  readonly code = 'invalid_provider_definition';
  readonly fields: readonly string[];

  constructor(issues: readonly { path: PropertyKey[]; message: string }[]) {
    const fields = issues.map((issue) => `${issue.path.map(String).join('.') || '(top level)'}: ${issue.message}`);
    super(`Provider definition refused: ${fields.join('; ')}`);
    this.name = 'InvalidDefinition';
    this.fields = fields;
  }
}

/**
 * Checks a definition and returns it typed.
 * @param definition plain data in the format above
 * @throws InvalidDefinition naming the path of every wrong field
 */
export function defineProvider(definition: unknown): ProviderDefinition {
  const result = definitionSchema.safeParse(definition, { error: complaintAbout });
  if (!result.success) throw new InvalidDefinition(result.error.issues);
  return result.data;
}
