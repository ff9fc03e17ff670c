import { decideLinking, type LinkingDecision, type LinkingFacts } from '../../src/flows/linking.js';

const U = 'user-u';
const V = 'user-v';
const active = (userId: string) => ({ userId, state: 'active' as const });

/** Nobody is signed in, nothing is known, sign-up is open. */
const blank: Omit<LinkingFacts, 'intent'> = {
  signedInAs: undefined,
  identityOwner: undefined,
  connectedBy: undefined,
  signUp: 'open',
};
const signIn = (facts: Partial<LinkingFacts> = {}) => decideLinking({ ...blank, ...facts, intent: 'sign-in' });
const connect = (facts: Partial<LinkingFacts> = {}) => decideLinking({ ...blank, ...facts, intent: 'connect' });

type Row = readonly [row: string, what: string, decision: LinkingDecision, expected: LinkingDecision];

/** A name or an address at the provider is no fact of the decision, so rows that differ only in them share one call. */
describe('intent sign-in', () => {
  it.each<Row>([
    [
      'LG1',
      'known, of V: sign in as V',
      signIn({ identityOwner: active(V), connectedBy: V }),
      { do: 'sign_in', userId: V },
    ],
    [
      'LG1',
      'the same where V disconnected the account meanwhile',
      signIn({ identityOwner: active(V) }),
      { do: 'sign_in', userId: V },
    ],
    [
      'LG1',
      'the same where somebody else has it connected',
      signIn({ identityOwner: active(V), connectedBy: U }),
      { do: 'sign_in', userId: V },
    ],
    [
      'LG2',
      'known, of a disabled person: refuse',
      signIn({ identityOwner: { userId: V, state: 'disabled' } }),
      { do: 'refuse', because: 'account_disabled' },
    ],
    [
      'LG2',
      'known, of a person who is being deleted: refuse',
      signIn({ identityOwner: { userId: V, state: 'deleting' } }),
      { do: 'refuse', because: 'account_disabled' },
    ],
    [
      'LG2',
      'the same while another person is signed in: nothing to switch to',
      signIn({ signedInAs: U, identityOwner: { userId: V, state: 'disabled' } }),
      { do: 'refuse', because: 'account_disabled' },
    ],
    [
      'LG2',
      'the same for the person who is signed in',
      signIn({ signedInAs: V, identityOwner: { userId: V, state: 'deleting' } }),
      { do: 'refuse', because: 'account_disabled' },
    ],
    [
      'LG3',
      'known, but its person is not there: refuse, never hand it to somebody new',
      signIn({ identityOwner: { userId: V, state: 'missing' } }),
      { do: 'refuse', because: 'account_lost' },
    ],
    [
      'LG3',
      'the same while U is signed in',
      signIn({ signedInAs: U, identityOwner: { userId: V, state: 'missing' }, connectedBy: U }),
      { do: 'refuse', because: 'account_lost' },
    ],
    ['LG4', 'unknown, no e-mail: the neutral page', signIn(), { do: 'ask' }],
    ['LG5', 'unknown, unverified e-mail of nobody: the neutral page', signIn(), { do: 'ask' }],
    ['LG6', 'unknown, unverified e-mail of V: the same page', signIn(), { do: 'ask' }],
    ['LG7', 'unknown, verified e-mail of nobody: the same page', signIn(), { do: 'ask' }],
    ['LG8', 'unknown, verified e-mail of V who verified it here: the same page', signIn(), { do: 'ask' }],
    ['LG9', 'unknown, verified e-mail of V who did not: the same page', signIn(), { do: 'ask' }],
    ['LG10', 'unknown, verified e-mail of several people: the same page', signIn(), { do: 'ask' }],
    [
      'LG11',
      'unknown while sign-up is closed: refuse',
      signIn({ signUp: 'closed' }),
      { do: 'refuse', because: 'sign_up_closed' },
    ],
    [
      'LG11',
      'known while sign-up is closed: sign in all the same',
      signIn({ identityOwner: active(V), signUp: 'closed' }),
      { do: 'sign_in', userId: V },
    ],
    [
      'LG11',
      'switched off while sign-up is closed: the account’s own reason comes first',
      signIn({ identityOwner: { userId: V, state: 'disabled' }, signUp: 'closed' }),
      { do: 'refuse', because: 'account_disabled' },
    ],
    [
      'LG12',
      'as U, known, of U: success',
      signIn({ signedInAs: U, identityOwner: active(U), connectedBy: U }),
      { do: 'sign_in', userId: U },
    ],
    [
      'LG13',
      'as U, known, of V: no silent switch, ask',
      signIn({ signedInAs: U, identityOwner: active(V), connectedBy: V }),
      { do: 'ask' },
    ],
    [
      'LG13',
      'the same while sign-up is closed',
      signIn({ signedInAs: U, identityOwner: active(V), signUp: 'closed' }),
      { do: 'ask' },
    ],
    ['LG14', 'as U, unknown: no silent link, ask', signIn({ signedInAs: U }), { do: 'ask' }],
    [
      'LG14',
      'as U, connected by U but no way to sign in yet: ask',
      signIn({ signedInAs: U, connectedBy: U }),
      { do: 'ask' },
    ],
    [
      'LG14',
      'the same while sign-up is closed: U may still connect it',
      signIn({ signedInAs: U, signUp: 'closed' }),
      { do: 'ask' },
    ],
    [
      'CN10',
      'connected by V who never allowed signing in with it: refuse',
      signIn({ connectedBy: V }),
      { do: 'refuse', because: 'not_a_way_to_sign_in' },
    ],
    [
      'CN10',
      'the same as U',
      signIn({ signedInAs: U, connectedBy: V }),
      { do: 'refuse', because: 'not_a_way_to_sign_in' },
    ],
    [
      'CN10',
      'the same while sign-up is closed',
      signIn({ connectedBy: V, signUp: 'closed' }),
      { do: 'refuse', because: 'not_a_way_to_sign_in' },
    ],
  ])('%s: %s', (_row, _what, decision, expected) => {
    expect(decision).toEqual(expected);
  });
});

describe('intent connect', () => {
  const somebodyElses: LinkingDecision = { do: 'refuse', because: 'belongs_to_somebody_else' };

  it.each<Row>([
    ['CN1', 'unknown: it becomes U’s connection', connect({ signedInAs: U }), { do: 'connect', userId: U }],
    [
      'CN1',
      'the same while sign-up is closed',
      connect({ signedInAs: U, signUp: 'closed' }),
      { do: 'connect', userId: U },
    ],
    [
      'CN2',
      'unknown, with the e-mail of V: the identity counts, not the address',
      connect({ signedInAs: U }),
      { do: 'connect', userId: U },
    ],
    [
      'CN3',
      'U’s own already: reconnected',
      connect({ signedInAs: U, identityOwner: active(U), connectedBy: U }),
      { do: 'connect', userId: U },
    ],
    [
      'CN3',
      'U’s connection, no way to sign in',
      connect({ signedInAs: U, connectedBy: U }),
      { do: 'connect', userId: U },
    ],
    [
      'CN3',
      'U’s way to sign in, disconnected meanwhile',
      connect({ signedInAs: U, identityOwner: active(U) }),
      { do: 'connect', userId: U },
    ],
    ['CN4', 'V’s way to sign in: refuse', connect({ signedInAs: U, identityOwner: active(V) }), somebodyElses],
    ['CN4', 'V’s connection: refuse', connect({ signedInAs: U, connectedBy: V }), somebodyElses],
    [
      'CN4',
      'U’s way to sign in, V’s connection: refuse',
      connect({ signedInAs: U, identityOwner: active(U), connectedBy: V }),
      somebodyElses,
    ],
    [
      'CN4',
      'V’s way to sign in, U’s connection: refuse',
      connect({ signedInAs: U, identityOwner: active(V), connectedBy: U }),
      somebodyElses,
    ],
    [
      'CN5',
      'of a disabled V: as CN4',
      connect({ signedInAs: U, identityOwner: { userId: V, state: 'disabled' } }),
      somebodyElses,
    ],
    [
      'CN5',
      'of a V who is being deleted: as CN4',
      connect({ signedInAs: U, identityOwner: { userId: V, state: 'deleting' } }),
      somebodyElses,
    ],
    [
      'CN5',
      'left over from a person who is not there: as CN4',
      connect({ signedInAs: U, identityOwner: { userId: V, state: 'missing' } }),
      somebodyElses,
    ],
    ['CN6', 'nobody signed in, unknown: refuse', connect(), somebodyElses],
    [
      'CN6',
      'nobody signed in, V’s: refuse, and nobody is signed in by it',
      connect({ identityOwner: active(V), connectedBy: V }),
      somebodyElses,
    ],
    [
      'CN7',
      'another person than the one who started (who is refused before): never decided for anybody but who is signed in',
      connect({ signedInAs: V, identityOwner: active(U), connectedBy: U }),
      somebodyElses,
    ],
    [
      'CN8',
      'unknown, and U has another account there: a second connection',
      connect({ signedInAs: U }),
      { do: 'connect', userId: U },
    ],
    ['CN11', 'lost against V who finished first: as CN4', connect({ signedInAs: U, connectedBy: V }), somebodyElses],
    [
      'CN11',
      'the same when V also signs in with it',
      connect({ signedInAs: U, identityOwner: active(V), connectedBy: V }),
      somebodyElses,
    ],
  ])('%s: %s', (_row, _what, decision, expected) => {
    expect(decision).toEqual(expected);
  });
});

describe('whatever the facts', () => {
  const everybody = [undefined, U, V];
  const owners = everybody.flatMap((userId) =>
    userId === undefined
      ? [undefined]
      : (['active', 'disabled', 'deleting', 'missing'] as const).map((state) => ({ userId, state })),
  );
  const all: readonly LinkingFacts[] = (['sign-in', 'connect'] as const).flatMap((intent) =>
    (['open', 'closed'] as const).flatMap((signUp) =>
      everybody.flatMap((signedInAs) =>
        owners.flatMap((identityOwner) =>
          everybody.map((connectedBy) => ({ intent, signUp, signedInAs, identityOwner, connectedBy })),
        ),
      ),
    ),
  );

  it('covers every combination', () => {
    expect(all).toHaveLength(2 * 2 * 3 * 9 * 3);
  });

  it('only the owner of an identity is signed in, only while active, and never as a switch', () => {
    for (const facts of all) {
      const decision = decideLinking(facts);
      if (decision.do !== 'sign_in') continue;
      expect(facts.intent).toBe('sign-in');
      expect(facts.identityOwner).toEqual(active(decision.userId));
      expect([undefined, decision.userId]).toContain(facts.signedInAs);
    }
  });

  it('a connection goes to the person who is signed in, and takes nothing from anybody', () => {
    for (const facts of all) {
      const decision = decideLinking(facts);
      if (decision.do !== 'connect') continue;
      expect(facts.intent).toBe('connect');
      expect(decision.userId).toBe(facts.signedInAs);
      expect([undefined, decision.userId]).toContain(facts.identityOwner?.userId);
      expect([undefined, decision.userId]).toContain(facts.connectedBy);
    }
  });

  it('connecting never asks and never signs anybody in', () => {
    const outcomes = new Set(all.filter(({ intent }) => intent === 'connect').map((facts) => decideLinking(facts).do));
    expect(outcomes).toEqual(new Set(['connect', 'refuse']));
  });

  it('a refusal names nobody', () => {
    for (const facts of all) {
      const decision = decideLinking(facts);
      if (decision.do === 'refuse') expect(Object.keys(decision)).toEqual(['do', 'because']);
      if (decision.do === 'ask') expect(decision).toEqual({ do: 'ask' });
    }
  });

  it('nothing is read but intent, session, owner, connection and the sign-up setting: no e-mail, no name', () => {
    // The same list for the type checker: another fact would be a type error here.
    const known: Readonly<Record<keyof LinkingFacts, true>> = {
      intent: true,
      signedInAs: true,
      identityOwner: true,
      connectedBy: true,
      signUp: true,
    };
    const read = new Set<string | symbol>();
    const watched = <T extends object>(value: T, prefix = ''): T =>
      new Proxy(value, {
        get(target, name) {
          read.add(prefix + String(name));
          const inner: unknown = Reflect.get(target, name);
          return typeof inner === 'object' && inner !== null ? watched(inner, `${String(name)}.`) : inner;
        },
      });
    for (const facts of all)
      decideLinking(watched({ ...facts, email: 'v@example.com', emailVerified: true, name: 'V' }));
    expect([...read].sort()).toEqual([...Object.keys(known), 'identityOwner.state', 'identityOwner.userId'].sort());
  });
});
