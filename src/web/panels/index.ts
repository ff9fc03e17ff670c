/** The panels of a connection page: what can be shown at a provider, and what becomes of asking for it. */
export { scopesToAllow } from './allowed-scopes.js';
export { canAllow, type Panel, type Readable, readablesOf, unread } from './panel.js';
export { type ReadPanelOptions, readPanel } from './read-panel.js';
