import fc from 'fast-check';
import { fillGaps, labelOf, profileOf } from '../../src/connections/account-facts.js';
import { SubjectMissing, subjectOf } from '../../src/connections/account-subject.js';
import { parseJson } from '../../src/oauth2/index.js';
import { defineProvider } from '../../src/providers/index.js';

function definitionWith(subject: string) {
  return defineProvider({
    id: 'acme',
    name: 'Acme',
    protocol: 'oauth2',
    authorize: { url: 'https://acme.test/authorize' },
    token: { url: 'https://acme.test/token', clientAuth: 'basic' },
    scopes: { signIn: [], connect: [] },
    pkce: 'supported',
    profile: { url: 'https://acme.test/me', subject },
    api: { baseUrls: ['https://acme.test'] },
  });
}

/** From the raw text of an answer, as it comes from a provider, to the subject or the code of the refusal. */
function subject(text: string, path = 'id'): string {
  try {
    return subjectOf(definitionWith(path), parseJson(text));
  } catch (error) {
    if (error instanceof SubjectMissing) return `refused: ${error.code}`;
    throw error;
  }
}
const REFUSED = 'refused: subject_missing';

describe('the subject (sec-B14)', () => {
  it.each([
    ['{"id": 9007199254740993}', '9007199254740993'],
    ['{"id": 9007199254740992}', '9007199254740992'],
    ['{"id": 9007199254740991}', '9007199254740991'],
    ['{"id": 18446744073709551615}', '18446744073709551615'],
    ['{"id": -9007199254740993}', '-9007199254740993'],
    [`{"id": ${'9'.repeat(60)}}`, '9'.repeat(60)],
    ['{"id": "9007199254740993"}', '9007199254740993'],
    ['{"id": 42}', '42'],
    ['{"id": -1}', '-1'],
    ['{"id": "Abc"}', 'Abc'],
    ['{"id": "abc"}', 'abc'],
    ['{"id": " 42"}', ' 42'],
    ['{"id": "042"}', '042'],
    ['{"id": "00"}', '00'],
    ['{"id": "42.0"}', '42.0'],
    ['{"id": "a@b.test"}', 'a@b.test'],
    ['{"id": "urn:acme:Ünïcode/😀"}', 'urn:acme:Ünïcode/😀'],
    // Two ways to write the same letter are two accounts: compared byte for byte.
    ['{"id": "e\\u0301"}', 'e\u0301'],
    ['{"id": "\\u00e9"}', '\u00e9'],
    [`{"id": "${'s'.repeat(255)}"}`, 's'.repeat(255)],
  ])('%s is kept exactly', (text, expected) => {
    expect(subject(text)).toBe(expected);
  });

  it.each([
    '{"id": 0}',
    '{"id": -0}',
    '{"id": 0.0}',
    '{"id": "0"}',
    '{"id": ""}',
    '{"id": null}',
    '{"id": true}',
    '{"id": false}',
    '{"id": {}}',
    '{"id": {"value": "42"}}',
    '{"id": []}',
    '{"id": ["42"]}',
    '{"id": 1.5}',
    '{"id": 1e400}',
    '{"id": 1e30}',
    '{}',
    '[]',
    'null',
    '"42"',
    '42',
    '{"ID": "42"}',
    '{"id ": "42"}',
    '{"id": "a\\u0000b"}',
    '{"id": "a\\nb"}',
    '{"id": "a\\u007fb"}',
    '{"id": "a\\u0085b"}',
    '{"id": "a\\ud800b"}',
  ])('%s is refused', (text) => {
    expect(subject(text)).toBe(REFUSED);
  });

  it('of more than 255 characters is refused', () => {
    expect([256, 300, 1_000_000].map((length) => subject(`{"id": "${'s'.repeat(length)}"}`))).toEqual([
      REFUSED,
      REFUSED,
      REFUSED,
    ]);
    expect(subject(`{"id": ${'9'.repeat(300)}}`)).toBe(REFUSED);
  });

  it('is found by a dotted path, in lists too, and never on a prototype', () => {
    expect(subject('{"data": {"user": [{"id": 7}, {"id": 8}]}}', 'data.user.1.id')).toBe('8');
    for (const path of ['constructor.name', '__proto__.id', 'toString', 'id.length', '__proto__']) {
      expect([path, subject('{"id": "abc", "data": {"user": [1]}}', path)]).toEqual([path, REFUSED]);
    }
    expect(subject('{"data": null}', 'data.id')).toBe(REFUSED);
  });

  it('tells any two 64-bit ids apart', () => {
    const id = fc.bigInt({ min: 1n, max: 2n ** 64n });
    fc.assert(
      fc.property(id, id, (one, other) => {
        expect(subject(`{"id": ${one}}`)).toBe(String(one));
        expect(subject(`{"id": ${one}}`) === subject(`{"id": ${other}}`)).toBe(one === other);
        expect(subject(`{"id": ${one + 1n}}`)).not.toBe(subject(`{"id": ${one}}`));
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it('a refusal quotes nothing of the answer', () => {
    expect(new SubjectMissing().message).toBe('The provider did not say which account this is.');
  });
});

const PATHS = { name: 'name', username: 'login', email: 'mail', emailVerified: 'verified', picture: 'picture' };
const profile = (answer: unknown, sandbox = false) => profileOf(PATHS, answer, sandbox);
const name = (value: unknown) => profile({ name: value }).name;

describe('names (sec-K4)', () => {
  it.each<[string, unknown, string | undefined]>([
    ['plain', 'Ada Lovelace', 'Ada Lovelace'],
    ['white space around', '  Ada \t', 'Ada'],
    ['a NUL, which the database refuses', 'A\u0000da', 'Ada'],
    ['control characters', 'A\u0007\u001b[31mda\u009b\r\n', 'A[31mda'],
    ['a right-to-left override', 'gpj\u202eexe.cod', 'gpjexe.cod'],
    [
      'every bidirectional control',
      '\u061cA\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069da',
      'Ada',
    ],
    ['zero-width characters', 'A\u200bd\u2060a\ufeff', 'Ada'],
    ['line and paragraph separators', 'A\u2028d\u2029a', 'Ada'],
    ['half a surrogate pair', 'A\ud83dda', 'Ada'],
    ['decomposed letters are composed', 'A\u0308', '\u00c4'],
    ['emoji', 'Ada 😀', 'Ada 😀'],
    ['emoji joined into one', '👩‍💻 🏳️‍🌈 👨‍👩‍👧', '👩‍💻 🏳️‍🌈 👨‍👩‍👧'],
    ['emoji with a skin tone, joined', '👩🏽‍🚀', '👩🏽‍🚀'],
    ['a joiner where there is nothing to join', 'ad\u200dmin', 'admin'],
    ['Hebrew and Arabic stay', 'עדה آدا', 'עדה آدا'],
    ['markup stays text: pages escape it', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['nothing', '', undefined],
    ['nothing but invisible characters', ' \u200b\u202e\u0000 ', undefined],
    ['a number', 42, '42'],
    ['null', null, undefined],
    ['true', true, undefined],
    ['an object', { toString: () => 'Ada' }, undefined],
    ['a list', ['Ada'], undefined],
  ])('%s', (_what, value, expected) => {
    expect(name(value)).toBe(expected);
  });

  it('end after 200 letters, counted as people count, not in the middle of one', () => {
    expect(name('a'.repeat(1_000_000))).toBe('a'.repeat(200));
    expect(name('😀'.repeat(500))).toBe('😀'.repeat(200));
    expect(name(`${'a'.repeat(199)}😀b`)).toBe(`${'a'.repeat(199)}😀`);
    expect(name('\u0000'.repeat(1_000_000))).toBeUndefined();
  });

  it('are safe to store and show, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const cleaned = name(text);
        if (cleaned === undefined) return;
        expect(cleaned).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u);
        expect([...cleaned].length).toBeLessThanOrEqual(200);
        expect(cleaned).not.toBe('');
      }),
      { seed: 8, numRuns: 500 },
    );
  });
});

describe('the e-mail address', () => {
  const email = (mail: unknown, verified: unknown) => {
    const facts = profile({ mail, verified });
    return [facts.email, facts.emailVerified];
  };

  it('is verified only where the provider says so with a boolean true', () => {
    expect(email('ada@example.com', true)).toEqual(['ada@example.com', true]);
    for (const flag of ['true', 'True', 1, '1', 'yes', {}, [], [true], null, undefined, false, 'false']) {
      expect([flag, ...email('ada@example.com', flag)]).toEqual([flag, 'ada@example.com', undefined]);
    }
    expect(profile({ mail: 'ada@example.com' })).not.toHaveProperty('emailVerified');
  });

  it('is verified without a flag only where the definition vouches for the field', () => {
    expect(profileOf({ email: 'mail', emailVerified: true }, { mail: 'ada@example.com' }, false).emailVerified).toBe(
      true,
    );
    expect(
      profileOf({ email: 'mail' }, { mail: 'ada@example.com', emailVerified: true }, false).emailVerified,
    ).toBeUndefined();
    expect(profileOf({ email: 'mail', emailVerified: true }, {}, false)).toEqual({});
    expect(profileOf({ emailVerified: 'verified' }, { verified: true }, false)).toEqual({});
  });

  it.each([
    'a@evil.test@corp.com',
    '"a@evil.test"@corp.com',
    'a\uff20corp.com',
    'a@evil.test\uff20corp.com',
    'a@corp\uff0ecom',
    'a@corp.com.',
    'a@corp.com ',
    'a@corp.com\u0000',
    'a@corp.com\u0000@evil.test',
    'a@corp\u200b.com',
    'a@corp.com\u202e',
    'a b@corp.com',
    'a,b@corp.com',
    '<a@corp.com>',
    'Ada <a@corp.com>',
    'a@',
    '@corp.com',
    '@',
    'corp.com',
    'a@.corp.com',
    'a@corp..com',
    42,
  ])('%j is profile text at best, never verified (sec-F9)', (mail) => {
    expect(email(mail, true)[1]).toBeUndefined();
  });

  it('without end is never verified', () => {
    const endless = [
      `${'a'.repeat(65)}@corp.com`,
      `a@${'b'.repeat(250)}.com`,
      `${'a'.repeat(10_000)}@corp.com`,
      `a@corp.com${'\u200b'.repeat(9000)}`,
    ];
    expect(endless.map((mail) => email(mail, true)[1])).toEqual([undefined, undefined, undefined, undefined]);
  });

  it.each(['ada@example.com', 'Ada.Lovelace+tag@sub.example.co.uk', "o'hara_1-2@ex-ample.com", 'ädä@exämple.com'])(
    '%s may be verified, and keeps its spelling',
    (mail) => {
      expect(email(mail, true)).toEqual([mail, true]);
    },
  );
});

describe('pictures', () => {
  const picture = (value: unknown, sandbox = false) => profile({ picture: value }, sandbox).picture;

  it.each([
    'javascript:alert(1)',
    'data:image/svg+xml,<svg/>',
    'http://img.test/a.png',
    'http://localhost/a.png',
    'ftp://img.test/a.png',
    '//img.test/a.png',
    '/a.png',
    'img.test/a.png',
    'https://user:pw@img.test/a.png',
    'https://user@img.test/a.png',
    'blob:https://img.test/x',
    `https://img.test/${'a'.repeat(1000)}`,
    '',
    42,
    null,
    { url: 'https://img.test/a.png' },
  ])('%j is dropped', (value) => {
    expect(picture(value)).toBeUndefined();
  });

  it('are https, written as the URL parser writes them', () => {
    expect(picture('https://img.test/a.png?s=200')).toBe('https://img.test/a.png?s=200');
    expect(picture(' HTTPS://IMG.test/a"onload=x ')).toBe('https://img.test/a%22onload=x');
  });

  it('over http only from this machine, and only in the sandbox', () => {
    expect(picture('http://localhost:4000/a.svg', true)).toBe('http://localhost:4000/a.svg');
    expect(picture('http://img.test/a.svg', true)).toBeUndefined();
    expect(picture('http://localhost.img.test/a.svg', true)).toBeUndefined();
    expect(picture('javascript:alert(1)', true)).toBeUndefined();
  });
});

describe('several answers together', () => {
  it('a later one fills gaps and replaces nothing', () => {
    expect(fillGaps({ name: 'Ada' }, { name: 'Eve', username: 'ada' })).toEqual({ name: 'Ada', username: 'ada' });
    expect(fillGaps({}, { email: 'a@b.test', emailVerified: true })).toEqual({
      email: 'a@b.test',
      emailVerified: true,
    });
  });

  it('a verified flag never moves to another address', () => {
    expect(fillGaps({ email: 'mine@b.test' }, { email: 'other@b.test', emailVerified: true })).toEqual({
      email: 'mine@b.test',
    });
    expect(fillGaps({ email: 'mine@b.test', emailVerified: true }, { email: 'other@b.test' })).toEqual({
      email: 'mine@b.test',
      emailVerified: true,
    });
  });
});

describe('the label', () => {
  it('is what people call the account: user name, name, address, and the subject if there is nothing else', () => {
    expect(labelOf('42', { username: 'ada', name: 'Ada', email: 'a@b.test' })).toBe('ada');
    expect(labelOf('42', { name: 'Ada', email: 'a@b.test' })).toBe('Ada');
    expect(labelOf('42', { email: 'a@b.test' })).toBe('a@b.test');
    expect(labelOf('42', {})).toBe('42');
  });

  it('disguises nothing where only the subject is left, and is never empty', () => {
    expect(labelOf('abc\u202edef', {})).toBe('abcdef');
    expect(labelOf('\u202e', {})).not.toBe('');
    expect(labelOf('\u202e', {})).not.toContain('\u202e');
    expect([...labelOf('s'.repeat(255), {})].length).toBeLessThanOrEqual(200);
  });
});
