/** What is connected, whether it is fresh or broken, and the clients that call with it. */
export {
  type AccountFacts,
  type AccountProfile,
  fillGaps,
  labelOf,
  profileOf,
  SubjectMissing,
  subjectOf,
} from './account-facts.js';
export { Clients, type ConnectionClient } from './clients.js';
export { type Credentials, openCredentials, sealCredentials } from './credentials.js';
export { type DisconnectOptions, disconnect } from './disconnect.js';
export {
  DatabaseAway,
  NotConnected,
  ProviderMisconfigured,
  ProviderNotConfigured,
  ReconnectRequired,
  RefreshPostponed,
  SeveralConnections,
} from './failures.js';
export { appId, ProviderApps } from './provider-apps.js';
export { type ReadingResult, type ReadingRow, readSample } from './readings.js';
export { type FreshnessOptions, Refresher } from './refresher.js';
export { type Revocation, Revoker } from './revoker.js';
export { type Grant, lockAccount, type SavedConnection, saveConnection } from './save-connection.js';
export { Sessions } from './sessions.js';
export { type ShownStatus, shownStatus } from './status.js';
export { Sweeper } from './sweeper.js';
export { type Withdrawal, Withdrawals } from './withdrawals.js';
