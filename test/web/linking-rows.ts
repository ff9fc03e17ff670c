/**
 * The linking decision table as data, row by row: what the world is like, and what has to be true after the callback and after each decision
 * on the page that follows. U and V are people with accounts, W is a third one; the account that comes back from the provider is "it".
 */

export type Person = 'U' | 'V';
/** What the provider says about an address: nothing, an address that it does not vouch for, one that it does. */
export type Mail = 'none' | 'unverified' | 'verified';

export interface World {
  /** Signed in when the flow starts. */
  readonly startedBy?: Person;
  /** Signed in when it comes back, where that differs. */
  readonly finishedBy?: Person | 'nobody';
  readonly identityOf?: Person | 'nobody any more';
  readonly connectedBy?: Person;
  readonly stateOfV?: 'disabled' | 'deleting';
  /** Who has the address that the provider tells, here. */
  readonly sameMail?: 'V, confirmed' | 'V, unconfirmed' | 'V and W';
  /** U has another account of the same provider. */
  readonly anotherOfU?: boolean;
  readonly signUp?: 'closed';
}

/** Counts are changes since before the flow. */
export interface Expected {
  readonly status: number;
  /** Path of the redirect, or how it begins when it ends in `*`. */
  readonly to?: string;
  readonly text?: string;
  readonly users?: number;
  readonly identities?: number;
  readonly connections?: number;
  readonly session: Person | 'nobody' | 'somebody new';
  /** Whose rows may differ from before; everybody else's are the same to the byte. */
  readonly changed?: readonly Person[];
  readonly event?: string;
  /** Whose trail the event is in, where that is not who is signed in afterwards. */
  readonly trail?: Person | 'nobody';
}

export interface LinkingRow {
  readonly row: string;
  readonly what: string;
  readonly intent: 'sign-in' | 'connect';
  readonly mails: readonly Mail[];
  readonly world: World;
  readonly callback: Expected;
  /** A decision on /welcome, and what follows from it. */
  readonly afterwards?: readonly [decision: string, expected: Expected];
}

const any: readonly Mail[] = ['none', 'unverified', 'verified'];
const some: readonly Mail[] = ['none', 'verified'];
const nothing = { users: 0, identities: 0, connections: 0, changed: [] } as const;
const asked: Expected = { ...nothing, status: 303, to: '/welcome', session: 'nobody', text: 'Create a new account' };
const askedAsU: Expected = { ...asked, session: 'U', text: 'Connect this account?' };
const created: Expected = {
  status: 303,
  to: '/',
  users: 1,
  identities: 1,
  connections: 1,
  session: 'somebody new',
  event: 'account_created',
};
const refused = (status: number, text: string, session: Expected['session'], event?: string): Expected => {
  return { ...nothing, status, text, session, ...(event ? { event } : {}) };
};
const signedIn = (person: Person): Expected => {
  return { status: 303, to: '/', session: person, changed: [person], event: 'signed_in' };
};
/** V is told that somebody tried. */
const off: Expected = { ...refused(403, 'You cannot sign in', 'nobody', 'sign_in_refused'), trail: 'V' };
const inUse = refused(409, 'account is in use already', 'U', 'connect_refused');
const mismatch = (session: Expected['session']): Expected => {
  const text = 'not signed in as the person who started this';
  return { ...refused(400, text, session, 'flow_user_mismatch'), trail: 'U' };
};
const connected: Expected = {
  status: 303,
  to: '/connections/*',
  connections: 1,
  session: 'U',
  changed: ['U'],
  event: 'connected',
};
const reconnected: Expected = { ...connected, connections: 0, event: 'reconnected' };

const signIn = (row: string, what: string, mails: readonly Mail[], world: World, callback: Expected) => {
  return { row, what, intent: 'sign-in', mails, world, callback } as const;
};
const connect = (row: string, what: string, mails: readonly Mail[], world: World, callback: Expected) => {
  return { row, what, intent: 'connect', mails, world: { startedBy: 'U', ...world }, callback } as const;
};
/** Unknown and nobody signed in: always the same page, then an account of its own. */
const newcomer = (row: string, what: string, mails: readonly Mail[], world: World): LinkingRow => {
  return { ...signIn(row, what, mails, world, asked), afterwards: ['create', created] };
};
const asU: World = { startedBy: 'U' };

export const linkingRows: readonly LinkingRow[] = [
  signIn('LG1', 'known, of V', any, { identityOf: 'V', connectedBy: 'V' }, signedIn('V')),
  signIn('LG2', 'of V who is disabled', some, { identityOf: 'V', connectedBy: 'V', stateOfV: 'disabled' }, off),
  signIn('LG2', 'of V who is being deleted', some, { identityOf: 'V', stateOfV: 'deleting' }, off),
  signIn(
    'LG3',
    'known, but its person is gone',
    some,
    { identityOf: 'nobody any more' },
    { ...off, event: 'identity_orphaned', trail: 'nobody' },
  ),
  newcomer('LG4', 'unknown, no address', ['none'], {}),
  newcomer('LG5', 'unknown, an address of nobody', ['unverified'], {}),
  newcomer('LG6', 'the unconfirmed address of V', ['unverified'], { sameMail: 'V, unconfirmed' }),
  newcomer('LG6', 'the confirmed address of V', ['unverified'], { sameMail: 'V, confirmed' }),
  newcomer('LG7', 'a verified address of nobody', ['verified'], {}),
  newcomer('LG8', 'the verified address that V has confirmed', ['verified'], { sameMail: 'V, confirmed' }),
  newcomer('LG9', 'the verified address that V only claims', ['verified'], { sameMail: 'V, unconfirmed' }),
  newcomer('LG10', 'a verified address of two', ['verified'], { sameMail: 'V and W' }),
  signIn(
    'LG11',
    'closed: the known get in',
    some,
    { identityOf: 'V', signUp: 'closed' },
    {
      ...signedIn('V'),
      connections: 1,
    },
  ),
  signIn(
    'LG11',
    'closed: the unknown do not',
    any,
    { signUp: 'closed' },
    refused(403, 'New accounts are closed', 'nobody', 'sign_in_refused'),
  ),
  signIn(
    'LG12',
    'as U, of U: proven once more',
    any,
    { ...asU, identityOf: 'U', connectedBy: 'U' },
    {
      ...signedIn('U'),
      event: 'reauthenticated',
    },
  ),
  {
    ...signIn(
      'LG13',
      'as U, of V: asks, switches',
      some,
      { ...asU, identityOf: 'V', connectedBy: 'V' },
      {
        ...askedAsU,
        text: 'Switch accounts?',
      },
    ),
    afterwards: ['switch', { ...signedIn('V'), changed: ['U', 'V'] }],
  },
  {
    ...signIn(
      'LG13',
      'as U, of V: cannot be linked',
      some,
      { ...asU, identityOf: 'V' },
      {
        ...askedAsU,
        text: 'Switch accounts?',
      },
    ),
    afterwards: ['connect', refused(400, 'could not be read', 'U')],
  },
  {
    ...signIn('LG14', 'as U, unknown: asks, links', any, asU, askedAsU),
    afterwards: [
      'connect',
      {
        status: 303,
        to: '/',
        identities: 1,
        connections: 1,
        session: 'U',
        changed: ['U'],
        event: 'way_to_sign_in_added',
      },
    ],
  },
  {
    ...signIn('LG14', 'as U, unknown: asks, starts a new account', some, asU, askedAsU),
    afterwards: ['create', { ...created, changed: ['U'] }],
  },
  connect('CN1', 'unknown', any, {}, connected),
  connect('CN2', 'unknown, with the address of V', ['verified'], { sameMail: 'V, confirmed' }, connected),
  connect('CN2', 'unknown, with an address V claims', ['verified'], { sameMail: 'V, unconfirmed' }, connected),
  connect('CN3', 'of U, a way to sign in', some, { identityOf: 'U', connectedBy: 'U' }, reconnected),
  connect('CN3', 'of U, connected only', some, { connectedBy: 'U' }, reconnected),
  connect('CN4', 'a way to sign in of V', some, { identityOf: 'V' }, inUse),
  connect('CN4', 'connected by V', some, { connectedBy: 'V' }, inUse),
  connect('CN5', 'of V who is disabled', some, { identityOf: 'V', stateOfV: 'disabled' }, inUse),
  connect('CN5', 'of V who is being deleted', some, { identityOf: 'V', stateOfV: 'deleting' }, inUse),
  connect('CN6', 'nobody signed in any more, unknown', some, { finishedBy: 'nobody' }, mismatch('nobody')),
  connect(
    'CN6',
    'nobody signed in any more, of U',
    some,
    { finishedBy: 'nobody', identityOf: 'U' },
    mismatch('nobody'),
  ),
  connect('CN7', 'somebody else signed in, unknown', some, { finishedBy: 'V' }, mismatch('V')),
  connect('CN7', 'somebody else signed in, their own', some, { finishedBy: 'V', identityOf: 'V' }, mismatch('V')),
  connect('CN8', 'U has another account of this provider', some, { anotherOfU: true }, connected),
  signIn(
    'CN10',
    'connected by V, never allowed to sign in',
    some,
    { connectedBy: 'V' },
    refused(409, 'not a way to sign in here', 'nobody', 'sign_in_refused'),
  ),
];
