import fc from 'fast-check';
import { parseJson } from '../../src/oauth2/index.js';
import { valueAt } from '../../src/oauth2/parse-json.js';

describe('parseJson', () => {
  it('agrees with JSON.parse wherever no integer is beyond 2^53', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        const unsafe = JSON.stringify(value, (_key, entry) =>
          Number.isInteger(entry) && !Number.isSafeInteger(entry) ? null : entry,
        );
        expect(parseJson(unsafe)).toEqual(JSON.parse(unsafe));
        expect(() => parseJson(text)).not.toThrow();
      }),
    );
  });

  it('keeps every 64-bit id exact, wherever it stands', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }), (id) => {
        const text = `{"id":${id},"list":[1,${id} , -${id}],"text":"${id}","deep":{"\\"${id}":${id}}}`;
        const exact = String(id);
        expect(parseJson(text)).toEqual({
          id: exact,
          list: [1, exact, `-${exact}`],
          text: exact,
          deep: { [`"${exact}`]: exact },
        });
      }),
    );
  });

  it.each([
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', '9007199254740992'],
    ['-9007199254740993', '-9007199254740993'],
    ['1.5', 1.5],
    ['12345678901234567890.5', Number('12345678901234567890.5')],
    ['1e400', Number.POSITIVE_INFINITY],
    ['12345678901234567e2', Number('1234567890123456700')],
    ['0.1234567890123456789', 0.12345678901234568],
    ['"12345678901234567890"', '12345678901234567890'],
    ['"\\\\"', '\\'],
    ['["\\"12345678901234567890\\""]', ['"12345678901234567890"']],
    [' \n[ ]', []],
  ])('%s', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each(['', ' ', '{', '{"a":1,}', "{'a':1}", '[1 2]', 'undefined', 'NaN', '{"token":"CANARY', '01'])(
    'refuses %j without quoting it',
    (text) => {
      expect(() => parseJson(text)).toThrow(new SyntaxError('The text is not valid JSON.'));
    },
  );

  it('limits nesting, also where brackets in strings might confuse', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => parseJson(nested(64))).not.toThrow();
    expect(() => parseJson(nested(65))).toThrow(SyntaxError);
    expect(parseJson(JSON.stringify('['.repeat(1000)))).toBe('['.repeat(1000));
  });
});

describe('valueAt', () => {
  it('walks own properties and list indexes only', () => {
    const value = JSON.parse('{"a":{"b":[{"c":7}]},"__proto__":{"polluted":true}}');
    expect(valueAt(value, 'a.b.0.c')).toBe(7);
    expect(valueAt(value, 'a.b.1.c')).toBeUndefined();
    for (const path of ['constructor', 'toString.name', 'a.b.length.x', 'polluted', 'a.__proto__', '']) {
      expect(valueAt(value, path)).toBeUndefined();
    }
  });
});
