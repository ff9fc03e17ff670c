import { inspect } from 'node:util';
import fc from 'fast-check';
import {
  createSigner,
  explainSignature,
  type IncomingRequest,
  MemoryNonceStore,
  OAuth1Session,
  type Placement,
  percentEncode,
  signRequest,
  TemporaryCredentials,
  TokenCredentials,
  verifyRequest,
} from '../../src/oauth1/index.js';
import { percentDecode, respellFormEncoded } from '../../src/oauth1/percent-encoding.js';
import * as random from './arbitraries.js';

// Repeatable: change the seed to explore.
fc.configureGlobal({ seed: 5849 });

const NOW = 1_700_000_000_000;
const method = fc.constantFrom('HMAC-SHA1' as const, 'HMAC-SHA256' as const, 'HMAC-SHA512' as const);
const fixed = { timestamp: NOW / 1000, nonce: 'n0nce' };
const options = { methods: ['HMAC-SHA1', 'HMAC-SHA256', 'HMAC-SHA512'] as const, now: () => NOW };

function placementFor({ method: name, headers }: random.RandomRequest, asked: Placement): Placement {
  const mayCarry = 'content-type' in headers && !/^(?:get|head)$/i.test(name);
  return asked === 'body' && !mayCarry ? 'query' : asked;
}

const verify = (
  request: IncomingRequest,
  { clientSecret, tokenSecret }: { clientSecret: string; tokenSecret: string },
) =>
  verifyRequest(
    request,
    { clientSecret: () => clientSecret, tokenSecret: () => tokenSecret },
    { ...options, nonceStore: new MemoryNonceStore(() => NOW) },
  );

test('what is signed verifies, and gives back the parameters that were sent', async () => {
  const placement = fc.constantFrom<Placement>('header', 'query', 'body');
  await fc.assert(
    fc.asyncProperty(
      random.request,
      random.credentials,
      method,
      placement,
      async (request, credentials, signatureMethod, asked) => {
        const where = placementFor(request, asked);
        const signed = signRequest(request, credentials, { ...fixed, signatureMethod, placement: where });
        const outcome = await verify(
          { method: request.method, url: signed.url, headers: signed.headers, body: signed.body },
          credentials,
        );
        if (!outcome.verified) throw new Error(outcome.reason);
        const sent = [...new URL(request.url).searchParams];
        if ('content-type' in request.headers) sent.push(...random.formOf(request.body));
        expect(outcome.parameters).toEqual(sent);
        expect(outcome).toMatchObject({ clientId: credentials.clientId, token: credentials.token, placement: where });
      },
    ),
    { numRuns: 500 },
  );
});

test('what was not meant to be signed does not verify', async () => {
  await fc.assert(
    fc.asyncProperty(
      random.request,
      random.credentials,
      random.parameters,
      fc.nat(4),
      async (request, credentials, others, what) => {
        const signed = signRequest(request, credentials, fixed);
        const incoming = { method: request.method, url: signed.url, headers: signed.headers, body: signed.body };
        const other = { ...credentials };
        if (what === 0) incoming.method = request.method.toUpperCase() === 'GET' ? 'POST' : 'GET';
        if (what === 1) incoming.url = signed.url.replace(/^(https?:\/\/[^/]*)/, '$1/x');
        if (what === 2) other.clientSecret += 'x';
        if (what === 3) other.tokenSecret += 'x';
        if (what === 4) {
          const extra = new URLSearchParams([...others, ['x', 'y']]).toString();
          incoming.url += `${signed.url.includes('?') ? '&' : '?'}${extra}`;
        }
        expect(await verify(incoming, other)).toMatchObject({ verified: false });
      },
    ),
    { numRuns: 300 },
  );
});

test('a changed byte anywhere fails', async () => {
  const credentials = { clientId: 'ck', clientSecret: 'cs', token: 'tk', tokenSecret: 'ts' };
  const part = fc.constantFrom('url' as const, 'body' as const, 'header' as const);
  await fc.assert(
    fc.asyncProperty(
      random.request,
      part,
      fc.nat(),
      fc.integer({ min: 0x21, max: 0x7e }),
      async (request, where, at, code) => {
        const signed = signRequest(request, credentials, { ...fixed, bodyHash: true });
        const header = signed.headers.Authorization ?? '';
        const before = where === 'header' ? header : (signed[where] ?? '');
        fc.pre(before !== '');
        const index = at % before.length;
        const after = `${before.slice(0, index)}${String.fromCharCode(code)}${before.slice(index + 1)}`;
        const incoming: IncomingRequest = {
          method: request.method,
          url: where === 'url' ? after : signed.url,
          headers: { ...signed.headers, Authorization: where === 'header' ? after : header },
          body: where === 'body' ? after : signed.body,
        };
        // Another spelling of the same content is the same request: an upper-case host, "+" for "%20", "%7E" for "~".
        fc.pre(!meansTheSame(before, after));
        expect(await verify(incoming, credentials)).toMatchObject({ verified: false });
      },
    ),
    { numRuns: 1_000 },
  );
});

function meansTheSame(before: string, after: string): boolean {
  if (before === after) return true;
  if (/^OAuth/i.test(before))
    return before.replace(/^oauth\s/i, '') === after.replace(/^oauth\s/i, '') || respell(before) === respell(after);
  if (/^https?:/.test(before)) {
    if (!URL.canParse(after)) return false;
    const [one, other] = [new URL(before), new URL(after)];
    return one.origin + one.pathname === other.origin + other.pathname && respell(one.search) === respell(other.search);
  }
  return respell(before) === respell(after) && !before.startsWith('{');
}

/** Sorted, because the order of parameters is not signed. */
function respell(query: string): string {
  return query
    .replace(/^\?/, '')
    .split(/&/)
    .filter(Boolean)
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return `${respellFormEncoded(name)}=${respellFormEncoded(value.join('='))}`;
    })
    .sort()
    .join('&');
}

test('the order of parameters does not matter', () => {
  fc.assert(
    fc.property(random.parameters, random.parameters, fc.nat(), (query, form, seed) => {
      const sign = (one: [string, string][], other: [string, string][]) =>
        signRequest(
          { method: 'POST', url: `https://h.example/?${new URLSearchParams(one)}`, body: new URLSearchParams(other) },
          { clientId: 'c', clientSecret: 's' },
          fixed,
        ).baseString;
      const rotate = <Item>(items: Item[]) => [
        ...items.slice(seed % (items.length + 1)),
        ...items.slice(0, seed % (items.length + 1)),
      ];
      expect(sign(rotate(query), rotate(form))).toBe(sign(query, form));
      expect(sign([...query, ...form], [])).toBe(sign(query, form));
      expect(sign([...query].reverse(), form)).toBe(sign(query, form));
    }),
  );
});

test('encoding and decoding are inverse, and every spelling of a text has one encoding', () => {
  fc.assert(
    fc.property(random.text, (text) => {
      const encoded = percentEncode(text);
      expect(encoded).toMatch(/^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/);
      expect(percentDecode(encoded)).toBe(text);
      expect(decodeURIComponent(encoded)).toBe(text);
      const form = new URLSearchParams([[text, '']]).toString().slice(0, -1);
      for (const spelling of [encoded, encoded.toLowerCase().replace(/[^%]/g, (c, at) => encoded[at] ?? c), form]) {
        expect(respellFormEncoded(spelling)).toBe(encoded);
      }
      expect(respellFormEncoded(text.replaceAll('%', '%25').replaceAll('+', '%2B'))).toBe(encoded);
    }),
    { numRuns: 1_000 },
  );
});

test('decoding never fails, whatever it is given', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('%', 'f', 'F', '0', 'c3', 'a9', '+', '&', '=', 'é') }), (text) => {
      expect(typeof percentDecode(text)).toBe('string');
      expect(respellFormEncoded(text)).toMatch(/^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/);
    }),
  );
});

test('verifying survives any header', async () => {
  const pieces = fc.constantFrom(
    'OAuth ',
    'oauth_token',
    '=',
    '"',
    ',',
    ' ',
    '\\',
    'realm',
    '%',
    'a',
    '%zz',
    '\u0000',
    'oauth_signature="x"',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 30 }), async (parts) => {
      const headers = { authorization: `OAuth ${parts.join('')}` };
      const outcome = await verify(
        { method: 'GET', url: 'https://h.example/', headers },
        { clientSecret: 's', tokenSecret: 's' },
      );
      expect(outcome.verified).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test('no secret in any error, print or explanation', async () => {
  const canary = fc
    .string({ unit: fc.constantFrom(...'abcdefXYZ0189'), minLength: 12, maxLength: 20 })
    .map((word) => `canary${word}`);
  const breakage = fc.constantFrom('none', 'url', 'method', 'body', 'answer', 'status', 'huge');
  await fc.assert(
    fc.asyncProperty(
      canary,
      breakage,
      fc.constantFrom('HMAC-SHA1' as const, 'PLAINTEXT' as const),
      async (word, broken, signatureMethod) => {
        const secrets = { clientSecret: `${word}-1`, tokenSecret: `${word}-2 &`, verifier: `${word}-3` };
        const credentials = {
          clientId: 'ck',
          clientSecret: secrets.clientSecret,
          token: `${word}-4`,
          tokenSecret: secrets.tokenSecret,
        };
        const printed: unknown[] = [createSigner(credentials, { signatureMethod })];
        const keep = async (work: () => unknown) =>
          printed.push(
            await Promise.resolve()
              .then(work)
              .catch((error: unknown) => error),
          );
        const request = {
          method: broken === 'method' ? 'G T' : 'POST',
          url: broken === 'url' ? `https://u:${word}@h.example/` : 'https://h.example/',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: broken === 'body' ? `p=${word}%` : 'a=1',
        };
        await keep(() => {
          signRequest(request, credentials, { signatureMethod });
        });
        await keep(() =>
          explainSignature({ ...request, body: 'a=1' }, { ...credentials, token: 'tk' }, { signatureMethod }),
        );
        await keep(() =>
          explainSignature(
            { ...request, body: 'a=1' },
            { ...credentials, token: 'tk' },
            { signatureMethod },
          ).toString(),
        );
        const echo = (verifier: string) =>
          `key=${secrets.clientSecret}&${percentEncode(secrets.tokenSecret)} ${verifier} ${JSON.stringify(credentials)}`;
        const session = new OAuth1Session({
          ...credentials,
          signatureMethod,
          credentials: TokenCredentials.from(credentials),
          endpoints: {
            requestToken: 'https://h.example/r',
            authorize: 'https://h.example/a',
            accessToken: 'https://h.example/t',
          },
          fetch: async (input) => {
            // The verifier is part of one request only; no other answer can quote it.
            const body = echo(String(input).endsWith('/t') ? secrets.verifier : '');
            const long = broken === 'huge' ? body.repeat(1_000) : body;
            return new Response(long, { status: broken === 'status' ? 401 : 200 });
          },
        });
        printed.push(session);
        const temporary = TemporaryCredentials.from({ token: credentials.token, tokenSecret: secrets.tokenSecret });
        const authorized = session.authorizeWithPin(temporary, secrets.verifier);
        printed.push(temporary, authorized);
        await keep(() => session.requestTokenCredentials(authorized));
        await keep(() => session.requestTemporaryCredentials({ callback: 'oob' }));
        await keep(() => session.checkCallback(`oauth_token=x&oauth_problem=${word}`, temporary));
        const text = printed
          .map((value) => `${inspect(value, { depth: 12, showHidden: true })}${JSON.stringify(value)}${String(value)}`)
          .join('\n');
        expect(text).not.toContain(word);
        expect(text).not.toContain(`${word.slice(0, 12)}`);
      },
    ),
    { numRuns: 60 },
  );
});
