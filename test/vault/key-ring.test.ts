import { inspect } from 'node:util';
import fc from 'fast-check';
import { InvalidKeyRing, KEY_BYTES, KeyRing } from '../../src/vault/index.js';

const key = (seed: number, bytes = KEY_BYTES) =>
  Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 31 + seed * 7 + 3) % 256));
const base64 = (seed: number, bytes = KEY_BYTES) => key(seed, bytes).toString('base64');

function refusal(text: string): InvalidKeyRing {
  try {
    KeyRing.parse(text);
  } catch (error) {
    if (error instanceof InvalidKeyRing) return error;
    throw error;
  }
  throw new Error('The ring was accepted.');
}

describe('a ring', () => {
  it('keeps the order, the first being active', () => {
    const ring = KeyRing.parse(`new:${base64(1)},old:${base64(2)}`);
    expect([ring.activeId, ring.ids]).toEqual(['new', ['new', 'old']]);
    expect(ring.get('old')?.export()).toEqual(key(2));
    expect(ring.get('other')).toBeUndefined();
  });

  it('takes white space around the entries, base64url, and base64 without padding', () => {
    const ring = KeyRing.parse(
      ` a:${base64(1)} ,\n b:${key(2).toString('base64url')}, c:${base64(3).replace(/=+$/, '')} `,
    );
    expect(ring.ids.map((id) => ring.get(id)?.export())).toEqual([key(1), key(2), key(3)]);
  });

  it('takes ids of 1 to 22 letters, digits, hyphens and underscores', () => {
    for (const id of ['a', '1', 'k-1_B', 'x'.repeat(22), '__proto__'])
      expect(KeyRing.parse(`${id}:${base64(1)}`).activeId).toBe(id);
  });

  it('tells two keys of one id apart without giving either away', () => {
    const [one, same, other] = [1, 1, 2].map((seed) => KeyRing.parse(`a:${base64(seed)}`).fingerprint('a'));
    expect(one).toBe(same);
    expect(one).not.toBe(other);
    expect(one).toMatch(/^[\w-]{22}$/);
    expect(KeyRing.parse(`a:${base64(1)}`).fingerprint('b')).toBeUndefined();
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      expect(key(1).toString(encoding)).not.toContain(one?.slice(0, 6));
    }
  });

  it('prints without its keys', () => {
    const ring = KeyRing.parse(`a:${base64(1)}`);
    const printed = `${inspect(ring, { depth: 9, showHidden: true })} ${JSON.stringify(ring)} ${String(ring)}`;
    expect(printed).not.toContain(base64(1).slice(0, 10));
    expect(printed).not.toContain(key(1).toString('hex').slice(0, 10));
  });
});

describe('a ring that cannot be used', () => {
  it.each<[string, string, RegExp]>([
    ['nothing', '', /^entry 1 /],
    ['white space', '  ', /^entry 1 /],
    ['a key without an id', base64(1), /^entry 1 /],
    ['an empty id', `:${base64(1)}`, /^entry 1 /],
    ['an id without a key', 'a', /^entry 1 /],
    ['an id and nothing behind it', 'a:', /^entry 1 /],
    ['a comma too much', `a:${base64(1)},`, /^entry 2 /],
    ['a comma in the middle', `a:${base64(1)},,b:${base64(2)}`, /^entry 2 /],
    ['an id that is too long', `${'a'.repeat(23)}:${base64(1)}`, /^entry 1 /],
    ['an id with a dot, which separates the envelope', `a.b:${base64(1)}`, /^entry 1 /],
    ['an id with a space', `a b:${base64(1)}`, /^entry 1 /],
    ['a key of 16 bytes', `a:${base64(1, 16)}`, /^entry 1 .*32 bytes/],
    ['a key of 31 bytes', `a:${base64(1, 31)}`, /^entry 1 .*32 bytes/],
    ['a key of 33 bytes', `a:${base64(1, 33)}`, /^entry 1 .*32 bytes/],
    ['a key of 64 bytes', `a:${base64(1, 64)}`, /^entry 1 .*32 bytes/],
    ['a key in hex', `a:${key(1).toString('hex')}`, /^entry 1 .*32 bytes/],
    ['a passphrase', 'a:correct horse battery staple correct horse', /^entry 1 .*32 bytes/],
    ['a key with something behind it', `a:${base64(1)}x`, /^entry 1 .*32 bytes/],
    ['the wrong one of two', `a:${base64(1)},b:${base64(2, 8)}`, /^entry 2 .*32 bytes/],
    ['an id that stands there twice', `a:${base64(1)},b:${base64(2)},a:${base64(3)}`, /^entry 3 /],
    ['id and key the wrong way round', `${key(1).toString('hex').slice(0, 22)}:k1`, /^entry 1 /],
  ])('%s', (_what, text, message) => {
    const error = refusal(text);
    expect(error.message).toMatch(message);
    expect(error.code).toBe('vault_keys_invalid');
  });

  it('is never quoted, whatever was mixed up', () => {
    const hex = key(9).toString('hex');
    const secrets = [
      base64(9),
      base64(9, 16),
      base64(9, 40),
      hex,
      hex.slice(0, 32),
      hex.slice(0, 20),
      'correct-horse-battery-staple',
    ];
    for (const secret of secrets) {
      for (const text of [
        secret,
        `:${secret}`,
        `${secret}:k1`,
        `k1:${secret}!`,
        `a:${base64(1)},${secret}`,
        `${secret}:${secret}`,
      ]) {
        const error = refusal(text);
        expect(
          `${error.message} ${inspect(error)} ${JSON.stringify(error)}`.replaceAll(/\n\s+at .*/g, ''),
        ).not.toContain(secret.slice(0, 12));
      }
    }
  });

  it('is refused as a whole, for any noise', () => {
    fc.assert(
      fc.property(fc.string(), (noise) => {
        expect(refusal(`a:${base64(1)},${noise}`).message).toMatch(/^entry \d+ /);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});
