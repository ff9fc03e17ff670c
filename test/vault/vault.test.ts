import { createDecipheriv, hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { KeyRing, type SealPurpose, Vault, VaultError } from '../../src/vault/index.js';

const [KEY_A, KEY_B] = [1, 2].map((seed) =>
  Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 37 + seed * 101) % 256)),
);
const ring = (...entries: string[]) => new Vault(KeyRing.parse(entries.join(',')));
const entry = (id: string, key: Buffer | undefined) => `${id}:${key?.toString('base64')}`;
const A = entry('a', KEY_A);
const B = entry('b', KEY_B);
const SECRET = 'CANARY-7f3a {"token":"päss"}';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** What opening ends with: the plain text, or the code of the error. */
function outcome(vault: Vault, purpose: SealPurpose, place: string, envelope: string): string {
  try {
    return `opened: ${vault.open(purpose, place, envelope)}`;
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    throw error;
  }
}

describe('a sealed value', () => {
  const vault = ring(A);

  it.each(['', 'x', SECRET, '\u0000', '😀'.repeat(1000), 'a'.repeat(100_000)])(
    'opens to what was sealed: %#',
    (text) => {
      expect(vault.open('credentials', 'row-1', vault.seal('credentials', 'row-1', text))).toBe(text);
    },
  );

  it('is AES-256-GCM with a key of its own for each purpose, by an independent reading of the envelope', () => {
    const [version, keyId, body = ''] = vault.seal('credentials', 'row-1', SECRET).split('.');
    const bytes = Buffer.from(body, 'base64url');
    const key = Buffer.from(hkdfSync('sha256', KEY_A ?? '', '', 'latchkey/credentials', 32));
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    decipher.setAAD(Buffer.from('11:credentials|1:a|5:row-1'));
    decipher.setAuthTag(bytes.subarray(-16));
    expect([version, keyId]).toEqual(['1', 'a']);
    expect(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')).toBe(SECRET);
  });

  it('shows nothing of the text, in no encoding (sec-D1)', () => {
    const envelope = vault.seal('credentials', 'row-1', SECRET);
    const readable = [envelope, Buffer.from(envelope.split('.')[2] ?? '', 'base64url').toString('latin1')].join('\n');
    for (const encoding of ['utf8', 'base64', 'base64url', 'hex', 'latin1'] as const) {
      expect(readable).not.toContain(Buffer.from('CANARY').toString(encoding));
    }
  });

  it('differs each time, in every part (sec-D2)', () => {
    const bodies = Array.from({ length: 500 }, () => vault.seal('flow', 'f', 'same').split('.')[2] ?? '');
    const nonces = bodies.map((body) => Buffer.from(body, 'base64url').subarray(0, 12).toString('hex'));
    const ciphertexts = bodies.map((body) => Buffer.from(body, 'base64url').subarray(12).toString('hex'));
    expect([new Set(bodies).size, new Set(nonces).size, new Set(ciphertexts).size]).toEqual([500, 500, 500]);
  });

  it('fails with any one bit of its bytes flipped', () => {
    const [version, id, body = ''] = vault.seal('credentials', 'row-1', 'token').split('.');
    const bytes = Buffer.from(body, 'base64url');
    const outcomes = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return outcome(vault, 'credentials', 'row-1', `${version}.${id}.${changed.toString('base64url')}`);
    });
    expect(outcomes).toHaveLength((12 + 5 + 16) * 8);
    expect(new Set(outcomes)).toEqual(new Set(['vault_value_damaged']));
  });

  // Lengths of 0 to 5 leave unused bits in the last character, which a lenient decoder would ignore.
  it.each(['', '1', '12', '123', '1234', '12345'])(
    'fails with any one character changed, dropped or doubled: "%s"',
    (text) => {
      const envelope = vault.seal('credentials', 'row-1', text);
      const changed = [...envelope].flatMap((own, at) => {
        const [before, after] = [envelope.slice(0, at), envelope.slice(at + 1)];
        const others = [...BASE64URL, '.', '+', '/', '=', ' ', '\n', '\u0000', 'é', '', own + own];
        return others.filter((other) => other !== own).map((other) => before + other + after);
      });
      const opened = changed.filter((value) => !outcome(vault, 'credentials', 'row-1', value).startsWith('vault_'));
      expect(changed.length).toBeGreaterThan(3000);
      expect(opened).toEqual([]);
    },
  );

  it('has exactly one spelling', () => {
    const envelope = vault.seal('credentials', 'row-1', 'x');
    for (const spelling of [
      `${envelope}=`,
      `${envelope}==`,
      ` ${envelope}`,
      `${envelope}\n`,
      `${envelope}.`,
      `${envelope}.x`,
    ]) {
      expect(outcome(vault, 'credentials', 'row-1', spelling)).toBe('vault_envelope_malformed');
    }
  });

  it.each(['row-2', '', 'row-1 ', 'ROW-1', 'row-', 'row-11'])(
    'does not open at another place: "%s" (sec-D3)',
    (place) => {
      const envelope = vault.seal('credentials', 'row-1', SECRET);
      expect(outcome(vault, 'credentials', place, envelope)).toBe('vault_value_damaged');
    },
  );

  it('opens for no other purpose (sec-E7)', () => {
    const purposes: readonly SealPurpose[] = ['credentials', 'pending-identity', 'flow'];
    const grid = purposes.map((sealed) =>
      purposes.map((opened) => outcome(vault, opened, 'p', vault.seal(sealed, 'p', 'x'))),
    );
    const no = 'vault_value_damaged';
    const yes = 'opened: x';
    expect(grid).toEqual([
      [yes, no, no],
      [no, yes, no],
      [no, no, yes],
    ]);
  });

  it('opens under no other key id, even one that names the same key', () => {
    const twins = ring(A, entry('twin', KEY_A));
    const envelope = twins.seal('credentials', 'p', 'x').replace('.a.', '.twin.');
    expect(outcome(twins, 'credentials', 'p', envelope)).toBe('vault_value_damaged');
  });

  it('does not open with another key of the same id', () => {
    const envelope = vault.seal('credentials', 'p', 'x');
    expect(outcome(ring(entry('a', KEY_B)), 'credentials', 'p', envelope)).toBe('vault_value_damaged');
  });
});

describe('the ring at work', () => {
  it('seals with the first key and opens with all of them (sec-D4)', () => {
    const old = ring(A).seal('credentials', 'p', 'x');
    const rotated = ring(B, A);
    expect(rotated.open('credentials', 'p', old)).toBe('x');
    expect(rotated.seal('credentials', 'p', 'x')).toMatch(/^1\.b\./);
    expect([rotated.activeKeyId, rotated.keyIds]).toEqual(['b', ['b', 'a']]);
  });

  it('names the key that is missing, and never falls back to plain text', () => {
    const envelope = ring(A).seal('credentials', 'p', SECRET);
    const failing = () => ring(B).open('credentials', 'p', envelope);
    expect(failing).toThrow(VaultError);
    expect(failing).toThrow(
      expect.objectContaining({ code: 'vault_key_unknown', keyId: 'a', message: expect.stringContaining('"a"') }),
    );
    expect(outcome(ring(A), 'credentials', 'p', SECRET)).toBe('vault_envelope_malformed');
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['plain text', 'an access token'],
    ['JSON', '{"accessToken":"x"}'],
    ['another version', '2.a.AAAA'],
    ['no body', '1.a.'],
    ['no key id', '1..AAAA'],
    ['a body shorter than nonce and tag', `1.a.${Buffer.alloc(27).toString('base64url')}`],
    ['standard base64', `1.a.${Buffer.alloc(60, 0xff).toString('base64')}`],
    ['a key id that no ring can hold', `1.a b.${Buffer.alloc(60).toString('base64url')}`],
    ['a key id without end', `1.${'k'.repeat(5000)}.${Buffer.alloc(60).toString('base64url')}`],
    ['a key id with a line break', `1.a\nINFO forged.${Buffer.alloc(60).toString('base64url')}`],
  ])('%s is no envelope', (_what, envelope) => {
    expect(outcome(ring(A), 'credentials', 'p', envelope)).toBe('vault_envelope_malformed');
  });

  it.each(['__proto__', 'constructor', 'toString'])('%s is an unknown key like any other', (id) => {
    expect(outcome(ring(A), 'flow', 'p', `1.${id}.${Buffer.alloc(60).toString('base64url')}`)).toBe(
      'vault_key_unknown',
    );
  });

  it('gives nothing away in errors or when printed (sec-D1)', () => {
    const vault = ring(A, B);
    const envelope = vault.seal('credentials', 'row', SECRET);
    const errors = [envelope.slice(0, -3), `${envelope.slice(0, -1)}${envelope.endsWith('A') ? 'B' : 'A'}`, SECRET].map(
      (value) => {
        try {
          return vault.open('credentials', 'row', value);
        } catch (error) {
          return error;
        }
      },
    );
    const printed = [vault, ...errors]
      .map((thing) => `${inspect(thing, { depth: 9, showHidden: true })} ${JSON.stringify(thing)}`)
      .join('\n');
    expect(errors.every((error) => error instanceof VaultError)).toBe(true);
    for (const secret of ['CANARY', KEY_A?.toString('base64'), KEY_A?.toString('hex'), KEY_B?.toString('base64')]) {
      expect(printed).not.toContain(secret);
    }
  });
});

describe('for every text and place', () => {
  const vault = ring(A, B);
  const wellFormed = fc.string({ unit: 'grapheme', maxLength: 200 });
  const purpose = fc.constantFrom<SealPurpose>('credentials', 'pending-identity', 'flow');

  it('what was sealed opens, at the same place only', () => {
    fc.assert(
      fc.property(purpose, wellFormed, wellFormed, wellFormed, (use, place, otherPlace, text) => {
        const envelope = vault.seal(use, place, text);
        expect(vault.open(use, place, envelope)).toBe(text);
        if (otherPlace !== place) expect(outcome(vault, use, otherPlace, envelope)).toBe('vault_value_damaged');
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('the envelope is printable ASCII that a cookie and a text column take as it is', () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        expect(vault.seal('flow', 'p', text)).toMatch(/^1\.a\.[\w-]+$/);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('anything else ends in a typed error, never in text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^1\.[ab]\.[\w-]{0,80}$/)), (noise) => {
        expect(outcome(vault, 'flow', 'p', noise)).toMatch(/^vault_(envelope_malformed|key_unknown|value_damaged)$/);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
