/** Who a person is. */

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
  type IdentityOwner,
  identityOwner,
  noteSignIn,
} from './people.js';
