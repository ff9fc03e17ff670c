import fc from 'fast-check';
import { requestHeaders } from '../../src/http/request-headers.js';

const added = { accept: '*/*', 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'latchkey' };

/** Few letters in both cases, so that names meet; a Kelvin sign, which becomes a "k" in lower case. */
const name = fc.string({ unit: fc.constantFrom('a', 'A', 'k', 'K', '\u212a', '-', ' '), minLength: 1, maxLength: 2 });
const value = fc.string({ unit: fc.constantFrom('x', 'é', ' ', '\t', ',', '\u0100', '\r', '\n'), maxLength: 4 });

describe('the header fields of a request', () => {
  it('are those that the standard Headers would send, whatever way they are looked at', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value), (given) => {
        let expected: Record<string, string> | undefined;
        try {
          expected = { ...added, ...Object.fromEntries(new Headers(given)) };
        } catch {}
        if (expected === undefined) {
          expect(() => requestHeaders(given, 'latchkey', 'api.example.com')).toThrow(
            'header field that cannot be sent',
          );
        } else expect(requestHeaders(given, 'latchkey', 'api.example.com')).toEqual(expected);
      }),
      { numRuns: 3_000, seed: 20261121 },
    );
  });

  it('join two of one name, as Headers does', () => {
    const given = { Accept: 'text/html', accept: 'application/json' };
    expect(requestHeaders(given, 'latchkey', 'api.example.com').accept).toBe('text/html, application/json');
  });

  it.each(['Host', 'TRANSFER-ENCODING', 'Connection'])('never set %s', (reserved) => {
    expect(() => requestHeaders({ [reserved]: 'x' }, 'latchkey', 'api.example.com')).toThrow('must not set');
  });
});
