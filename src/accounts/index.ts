/** Who a person is, and what they and the site's operators can do about their account. */

export { isRowId } from '../db/index.js';
export { type Deletion, Deletions, type EndedConnection } from './deletions.js';
export {
  type ConnectionCount,
  connectionCounts,
  type DirectoryEntry,
  type DirectoryQuery,
  peopleCounts,
  peoplePage,
} from './directory.js';
export { findLocalPerson, isLocalName, localPerson } from './local-people.js';
export { type Claimed, Operators } from './operators.js';
export {
  credentialsOf,
  markHaveAccount,
  type NewPendingIdentity,
  PENDING_IDENTITY_MS,
  pendingIdentityOf,
  stashIdentity,
  takePendingIdentity,
} from './pending-identities.js';
export {
  addIdentity,
  connectedBy,
  createPerson,
  holdState,
  type IdentityOwner,
  identityOwner,
  noteSignIn,
} from './people.js';
export { personalData } from './personal-data.js';
export { disablePerson, enablePerson } from './standing.js';
export {
  type Allowed,
  allowSignIn,
  type PossibleWay,
  type Removed,
  removeWay,
  usableNamespaces,
  type WayToSignIn,
  waysOf,
} from './ways-to-sign-in.js';
