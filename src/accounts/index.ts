/** Who a person is. */
export {
  addIdentity,
  connectedBy,
  createPerson,
  type IdentityOwner,
  identityOwner,
  noteSignIn,
} from './people.js';
export {
  credentialsOf,
  markHaveAccount,
  type NewPendingIdentity,
  PENDING_IDENTITY_MS,
  pendingIdentityOf,
  stashIdentity,
  takePendingIdentity,
} from './pending-identities.js';
