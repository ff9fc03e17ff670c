/** What is connected, whether it is fresh or broken, and the clients that call with it. */
export {
  type AccountFacts,
  type AccountProfile,
  cleanText,
  fillGaps,
  labelOf,
  profileOf,
} from './account-facts.js';
export {
  type BesideTheAnswer,
  earlierSubjectOf,
  factAt,
  isAbout,
  SubjectMissing,
  subjectOf,
} from './account-subject.js';
export { Clients, type ConnectionClient } from './clients.js';
export { type Connections, type ConnectionsOptions, createConnections, openVault } from './create-connections.js';
export { type Credentials, openCredentials, sealCredentials } from './credentials.js';
export { type DisconnectOptions, disconnect } from './disconnect.js';
export {
  DatabaseAway,
  NotConnected,
  type PostponedBecause,
  ProviderMisconfigured,
  ProviderNotConfigured,
  RateLimited,
  ReconnectRequired,
  RefreshPostponed,
  SeveralConnections,
} from './failures.js';
export { ProviderApps } from './provider-apps.js';
export type { ConnectionsChanged } from './recently-read.js';
export type { RefreshObserver, RefreshResult } from './refresh-outcome.js';
export { type FreshnessOptions, Refresher, type UsableConnection } from './refresher.js';
export { type Revocation, Revoker } from './revoker.js';
export { type Grant, lockAccount, lockAccounts, type SavedConnection, saveConnection } from './save-connection.js';
export type { UnreadableRow } from './sealed-rows.js';
export type { CallWitness, SentCall, SignatureStep, SignatureStepName } from './sent-call.js';
export { Sessions } from './sessions.js';
export { signingCredentialsOf } from './signing-credentials.js';
export { type ShownStatus, shownStatus } from './status.js';
export { type RotationOptions, type RotationReport, rotateVaultKeys } from './vault-rotation.js';
export {
  type VaultKeyState,
  type VaultKeyUse,
  type VaultStatus,
  type VaultStatusOptions,
  vaultStatus,
} from './vault-status.js';
export { type Withdrawal, Withdrawals } from './withdrawals.js';
