/** The catalogue: provider definitions as data, ours and custom ones, and the providers of an installation. */
export { bindDefinition, bindProvider, fillText, fillUrl, type GrantDetails } from './bound.js';
export type { Catalogue, CatalogueOptions, Provider, ProviderClient } from './catalogue.js';
export { apiAddressesOf, createCatalogue } from './catalogue.js';
export { secretProblem } from './client-secret.js';
export { definitionOfIssuer, type LoadedDefinitions, loadDefinitions } from './custom.js';
export { definitionJsonSchema } from './definition/json-schema.js';
export { captured, fits } from './definition/patterns.js';
export type { Protocol, ProviderDefinition, Reading } from './definition.js';
export { defineProvider, InvalidDefinition } from './definition.js';
export { builtInDefinitions } from './definitions/index.js';
export { hasEnded, lifecycleOf, lifecycleWarning, lifecycleWarnings } from './lifecycle.js';
export { sandboxClient, sandboxPublicKey } from './sandbox-client.js';
export { addressInSandbox, aimAtSandbox, hostRootOf, sandboxUrl } from './sandboxed.js';
export { variablePrefix } from './variable-prefix.js';
