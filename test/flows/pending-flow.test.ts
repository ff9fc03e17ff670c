import { createHash } from 'node:crypto';
import { stringifySetCookie } from 'cookie';
import fc from 'fast-check';
import { FlowRefused } from '../../src/flows/flow-refused.js';
import {
  belongsTo,
  FLOW_LIFE_SECONDS,
  flowHash,
  flowKeyOf,
  isExpired,
  MAX_PENDING_FLOWS,
  openFlow,
  type PendingFlow,
  sealFlow,
  surplusFlows,
} from '../../src/flows/pending-flow.js';
import { safeReturnTo } from '../../src/flows/return-to.js';
import { builtInDefinitions, createCatalogue } from '../../src/providers/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';

const bytes = (seed: number) =>
  Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 37 + seed * 11) % 256)).toString('base64');
const vaultOf = (...ids: readonly string[]) =>
  new Vault(KeyRing.parse(ids.map((id) => `${id}:${bytes(id.length)}`).join(',')));
const vault = vaultOf('k1');
/** 2026-11-21T00:00:00Z, in seconds. */
const STARTED = 1_795_219_200;
const USER = '0190d5c7-8c55-7a1b-9e0f-1f2e3d4c5b6a';

const oauth2: PendingFlow = {
  provider: 'google',
  sandbox: false,
  intent: 'connect',
  userId: USER,
  returnTo: '/connections?tab=all',
  startedAt: STARTED,
  proof: { protocol: 'oauth2', state: 's'.repeat(22), codeVerifier: 'v'.repeat(43), nonce: 'n'.repeat(22) },
};
const oauth1: PendingFlow = {
  provider: 'twitter',
  sandbox: true,
  intent: 'sign-in',
  userId: undefined,
  returnTo: undefined,
  startedAt: STARTED,
  proof: { protocol: 'oauth1', token: 'temporary token', tokenSecret: 'temporary-secret' },
};
const jarOf = (...flows: readonly { name: string; value: string }[]) =>
  new Map(flows.map(({ name, value }) => [name, value]));

describe('a sealed flow', () => {
  it.each<[string, PendingFlow]>([
    ['OAuth 1', oauth1],
    ['OAuth 2', oauth2],
    ['OAuth 2 without PKCE and nonce', { ...oauth2, proof: { protocol: 'oauth2', state: 'only a state' } }],
    ['OAuth 1, connecting', { ...oauth1, intent: 'connect', userId: USER, returnTo: '/' }],
  ])('opens to what was sealed: %s', (_what, flow) => {
    const sealed = sealFlow(vault, flow);
    const found = openFlow(vault, jarOf(sealed), flowKeyOf(flow.proof));
    expect(found).toEqual({ flow, name: sealed.name });
    expect(JSON.stringify(found?.flow)).toBe(JSON.stringify(flow));
  });

  it('shows nothing: neither state, token, verifier, user nor path', () => {
    for (const flow of [oauth1, oauth2]) {
      const { name, value } = sealFlow(vault, flow);
      const readable = [
        name,
        value,
        ...value.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1')),
      ].join('\n');
      for (const secret of ['sssss', 'vvvvv', 'nnnnn', 'temporary', USER, 'connections', 'twitter', 'google']) {
        expect(readable).not.toContain(secret);
      }
    }
  });

  it('has a name that says when it began and which callback it waits for, by a hash', () => {
    const { name } = sealFlow(vault, oauth2);
    const hash = createHash('sha256').update('s'.repeat(22)).digest('base64url').slice(0, 22).replaceAll('-', '.');
    expect(name).toBe(`${STARTED.toString(36)}-${hash}`);
    expect(sealFlow(vault, oauth2).value).not.toBe(sealFlow(vault, oauth2).value);
  });

  it('opens for its own key only', () => {
    const jar = jarOf(sealFlow(vault, oauth2));
    for (const key of ['', 's', 's'.repeat(21), 'S'.repeat(22), 'another state', '__proto__']) {
      expect(openFlow(vault, jar, key)).toBeUndefined();
    }
  });

  it('does not open for another key under the name of that other one: the seal is bound to the key, not only the name', () => {
    const [mine, other] = [sealFlow(vault, oauth2), sealFlow(vault, oauth1)];
    expect(openFlow(vault, jarOf({ name: other.name, value: mine.value }), flowKeyOf(oauth1.proof))).toBeUndefined();
    expect(openFlow(vault, jarOf({ name: mine.name, value: other.value }), flowKeyOf(oauth2.proof))).toBeUndefined();
  });

  it('does not open in another vault, nor when it was sealed for another purpose (sec-E7)', () => {
    const { name, value } = sealFlow(vault, oauth2);
    const key = flowKeyOf(oauth2.proof);
    expect(openFlow(new Vault(KeyRing.parse(`k1:${bytes(77)}`)), jarOf({ name, value }), key)).toBeUndefined();
    expect(openFlow(vaultOf('other'), jarOf({ name, value }), key)).toBeUndefined();
    for (const purpose of ['credentials', 'pending-identity'] as const) {
      const foreign = vault.seal(purpose, key, vault.open('flow', key, value));
      expect(openFlow(vault, jarOf({ name, value: foreign }), key)).toBeUndefined();
    }
  });

  it('opens after a rotation of the keys', () => {
    const sealed = sealFlow(vault, oauth2);
    const rotated = new Vault(KeyRing.parse(`new:${bytes(9)},k1:${bytes(2)}`));
    expect(openFlow(rotated, jarOf(sealed), flowKeyOf(oauth2.proof))?.flow).toEqual(oauth2);
  });

  it.each(['', 'x', '1.k1.AAAA', 'a'.repeat(4000), '{}'])(
    'a cookie with the right name and the value "%s" is no flow',
    (value) => {
      const { name } = sealFlow(vault, oauth2);
      expect(openFlow(vault, jarOf({ name, value }), flowKeyOf(oauth2.proof))).toBeUndefined();
    },
  );

  it('is found among others, and next to a forgery of its name', () => {
    const flows = ['a', 'b', 'c'].map((state) => ({ ...oauth2, proof: { protocol: 'oauth2' as const, state } }));
    const sealed = flows.map((flow) => sealFlow(vault, flow));
    const forged = { name: `0-${sealed[1]?.name.split('-')[1]}`, value: 'forged' };
    expect(openFlow(vault, jarOf(forged, ...sealed), 'b')).toEqual({ flow: flows[1], name: sealed[1]?.name });
  });
});

describe('belongs to', () => {
  const clients = { google: { clientId: 'i', clientSecret: 's' } };
  const real = createCatalogue({ definitions: builtInDefinitions, clients });
  const sandboxed = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: 'http://localhost:4000' });

  it('its provider on its side of the sandbox’s fence, and no other', () => {
    const google = [real.get('google'), sandboxed.get('google'), sandboxed.get('x')];
    const verdicts = [oauth2, { ...oauth2, sandbox: true }].map((flow) =>
      google.map((provider) => provider && belongsTo(flow, provider)),
    );
    expect(verdicts).toEqual([
      [true, false, false],
      [false, true, false],
    ]);
  });
});

describe('the size of a flow', () => {
  /** The longest that a ring and a definition may have. */
  const LONGEST_KEY_ID = 'k'.repeat(22);
  const LONGEST_PROVIDER_ID = 'p'.repeat(40);
  const roomy = vaultOf(LONGEST_KEY_ID);
  /** The longest that is accepted as return_to; what JSON would have to escape is percent-encoded by then. */
  const returnTo = `/${'p'.repeat(150)}?${'q'.repeat(48)}`;
  const connecting = { ...oauth2, provider: LONGEST_PROVIDER_ID, sandbox: true, userId: USER, returnTo };
  // 43 characters are what 32 random bytes make: that is how long our sessions' states, verifiers and nonces are.
  const worst: readonly (readonly [string, PendingFlow])[] = [
    ['OAuth 1', { ...connecting, proof: { protocol: 'oauth1', token: 'T'.repeat(60), tokenSecret: 'Z'.repeat(60) } }],
    ['OAuth 2', { ...connecting, proof: { protocol: 'oauth2', state: 'S'.repeat(43), codeVerifier: 'V'.repeat(43) } }],
    [
      'OpenID Connect',
      {
        ...connecting,
        proof: { protocol: 'oauth2', state: 'S'.repeat(43), codeVerifier: 'V'.repeat(43), nonce: 'N'.repeat(43) },
      },
    ],
    [
      // Two hundred scopes; whoever allows something more comes back to its connection, which needs no address.
      'what else to allow',
      {
        ...connecting,
        returnTo: undefined,
        asked: 'f'.repeat(50),
        proof: { protocol: 'oauth2', state: 'S'.repeat(43), codeVerifier: 'V'.repeat(43), nonce: 'N'.repeat(43) },
      },
    ],
  ];

  it.each(worst)('is at most 700 bytes at its largest: %s', (_what, flow) => {
    expect(safeReturnTo(returnTo, 'https://app.example.com')).toHaveLength(200);
    expect(() => vaultOf(`${LONGEST_KEY_ID}k`)).toThrow();
    const { value } = sealFlow(roomy, flow);
    expect(Buffer.byteLength(value)).toBeLessThanOrEqual(700);
    expect(openFlow(roomy, jarOf(sealFlow(roomy, flow)), flowKeyOf(flow.proof))?.flow).toEqual(flow);
  });

  it.each(worst)('five of them, with their names, stay under 4 kB in one Cookie header: %s', (_what, flow) => {
    const pairs = Array.from({ length: MAX_PENDING_FLOWS }, (_, at) => {
      const key = `${at}`.repeat(22);
      const proof =
        flow.proof.protocol === 'oauth1'
          ? { ...flow.proof, token: key.padEnd(60, 'T') }
          : { ...flow.proof, state: key.padEnd(43, 'S') };
      const { name, value } = sealFlow(roomy, { ...flow, proof });
      // As the browser sends it back: whatever encoding the cookie needs is counted, too.
      return stringifySetCookie({ name: `__Host-latchkey-flow-${name}`, value }).split(';')[0] ?? '';
    });
    expect(MAX_PENDING_FLOWS).toBe(5);
    expect(Buffer.byteLength(`Cookie: ${pairs.join('; ')}\r\n`)).toBeLessThan(4096);
  });

  it('is refused beyond 700 bytes, so that a provider with endless tokens cannot crowd out the other cookies', () => {
    const flow = (length: number): PendingFlow => ({
      ...oauth1,
      proof: { protocol: 'oauth1', token: 'T'.repeat(length), tokenSecret: 'Z' },
    });
    const lengths = Array.from({ length: 600 }, (_, at) => at + 1);
    const accepted = lengths.filter((length) => {
      try {
        return sealFlow(vault, flow(length)).value.length <= 700;
      } catch (error) {
        if (error instanceof FlowRefused && error.code === 'flow_too_large') return false;
        throw error;
      }
    });
    const longest = accepted.at(-1) ?? 0;
    expect(accepted).toEqual(lengths.slice(0, longest));
    expect(longest).toBeGreaterThan(300);
    expect(sealFlow(vault, flow(longest)).value.length).toBeGreaterThan(696);
    expect(() => sealFlow(vault, flow(longest + 1))).toThrow(FlowRefused);
  });

  it('does not depend on luck: the same contents always make the same length, and letters of four bytes count as four', () => {
    const lengths = new Set(Array.from({ length: 50 }, () => sealFlow(vault, oauth2).value.length));
    expect(lengths.size).toBe(1);
    const wide: PendingFlow = {
      ...oauth1,
      proof: { protocol: 'oauth1', token: '😀'.repeat(60), tokenSecret: '😀'.repeat(60) },
    };
    expect(() => sealFlow(vault, wide)).toThrow(FlowRefused);
  });
});

describe('the names are good cookie names', () => {
  it('for every state or token', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (token) => {
        const { name } = sealFlow(vault, { ...oauth1, proof: { protocol: 'oauth1', token, tokenSecret: 'z' } });
        // One hyphen, between start and hash: that is how both are found again.
        expect(name).toMatch(/^[a-z\d]+-[\w.]{22}$/);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe('which flows have to go so that one more fits', () => {
  const named = (...starts: readonly number[]) => starts.map((start, at) => `${start.toString(36)}-hash${at}`);

  it('none while there is room', () => {
    expect(surplusFlows([])).toEqual([]);
    expect(surplusFlows(named(STARTED, STARTED + 1, STARTED + 2, STARTED + 3))).toEqual([]);
  });

  it('the oldest of five, wherever it stands', () => {
    expect(surplusFlows(named(STARTED + 3, STARTED + 1, STARTED, STARTED + 2, STARTED + 4))).toEqual([
      `${STARTED.toString(36)}-hash2`,
    ]);
  });

  it('the oldest ones of more', () => {
    const names = named(5, 4, 3, 2, 1, 7, 6);
    expect(surplusFlows(names)).toEqual(['1-hash4', '2-hash3', '3-hash2']);
    expect(names).toEqual(named(5, 4, 3, 2, 1, 7, 6));
  });

  it('by time, not by spelling', () => {
    // z < 10 in base 36, although it comes later in the alphabet.
    expect(surplusFlows(named(36, 37, 35, 38, 39))).toEqual(['z-hash2']);
  });

  it('those of the same second in the order of the jar, which browsers keep oldest first', () => {
    expect(surplusFlows(named(7, 7, 7, 7, 7, 7))).toEqual(['7-hash0', '7-hash1']);
  });

  it('names that are none of ours go first', () => {
    expect(surplusFlows([...named(7, 8, 9, 10), '?-x', ''])).toEqual(['?-x', '']);
  });

  it('50 starts leave the last five (sec-A10)', () => {
    const jar = new Map<string, string>();
    for (let at = 0; at < 50; at += 1) {
      for (const name of surplusFlows([...jar.keys()])) jar.delete(name);
      const sealed = sealFlow(vault, {
        ...oauth2,
        startedAt: STARTED + at,
        proof: { protocol: 'oauth2', state: `state ${at}` },
      });
      jar.set(sealed.name, sealed.value);
      expect(jar.size).toBeLessThanOrEqual(MAX_PENDING_FLOWS);
    }
    const usable = Array.from({ length: 50 }, (_, at) => at).filter((at) => openFlow(vault, jar, `state ${at}`));
    expect(usable).toEqual([45, 46, 47, 48, 49]);
  });
});

describe('the life of a flow', () => {
  it('is ten minutes', () => {
    expect(FLOW_LIFE_SECONDS).toBe(600);
    const verdicts = [0, 599_999, 600_000, 600_001].map((ms) => isExpired(oauth2, STARTED * 1000 + ms));
    expect(verdicts).toEqual([false, false, true, true]);
  });

  it('is not over for an instance whose clock is behind', () => {
    expect(isExpired(oauth2, (STARTED - 30) * 1000)).toBe(false);
  });
});

describe('the hash that names a flow in the database', () => {
  it('is one of provider and key, and gives neither away', () => {
    const hashes = [
      flowHash('x', 'key'),
      flowHash('x', 'key'),
      flowHash('twitter', 'key'),
      flowHash('x', 'yek'),
      flowHash('xk', 'ey'),
    ];
    expect(new Set(hashes).size).toBe(4);
    expect(hashes[0]).toBe(createHash('sha256').update('x\nkey').digest('base64url'));
  });
});
