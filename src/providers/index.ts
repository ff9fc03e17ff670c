/** The catalogue: provider definitions as data, ours and custom ones, and the providers of an installation. */
export type { Catalogue, CatalogueOptions, Provider, ProviderClient } from './catalogue.js';
export { createCatalogue } from './catalogue.js';
export { definitionOfIssuer, type LoadedDefinitions, loadDefinitions } from './custom.js';
export type { Protocol, ProviderDefinition, Reading } from './definition.js';
export { defineProvider, InvalidDefinition } from './definition.js';
export { builtInDefinitions } from './definitions/index.js';
export { aimAtSandbox, sandboxUrl } from './sandboxed.js';
