/**
 * An independent implementation as the judge, in both directions: Debian's python3-oauthlib verifies what we sign, and we
 * verify what it signs. Where the two are known to differ, the generator keeps away, and a test says so.
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import {
  MemoryNonceStore,
  type Placement,
  type SignatureMethodName,
  signRequest,
  verifyRequest,
} from '../../src/oauth1/index.js';
import * as random from '../oauth1/arbitraries.js';

const METHODS = [
  'HMAC-SHA1',
  'HMAC-SHA256',
  'HMAC-SHA512',
  'RSA-SHA1',
  'RSA-SHA256',
  'RSA-SHA512',
  'PLAINTEXT',
] as const;
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = {
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
};

interface Case {
  request: random.RandomRequest;
  credentials: { clientId: string; clientSecret: string; token: string; tokenSecret: string };
  signatureMethod: SignatureMethodName;
  placement: Placement;
}

const plainWord = fc.string({ unit: fc.constantFrom(...'abcXYZ019'), minLength: 3, maxLength: 16 });

const cases: Case[] = fc.sample(
  fc
    .record({
      request: random.request,
      credentials: random.credentials,
      plain: fc.tuple(plainWord, plainWord),
      signatureMethod: fc.constantFrom(...METHODS),
      asked: fc.constantFrom<Placement>('header', 'query', 'body'),
    })
    .map(({ request, credentials, plain: [clientId, token], signatureMethod, asked }): Case => {
      const isForm = 'content-type' in request.headers;
      const placement = asked === 'body' && !isForm ? 'query' : asked;
      return {
        request: { ...request, method: request.method.toUpperCase(), url: understood(request.url, signatureMethod) },
        credentials: placement === 'header' ? credentials : undecodable(credentials, clientId, token, signatureMethod),
        signatureMethod,
        placement,
      };
    }),
  { numRuns: 400, seed: 5849 },
);

/** oauthlib decodes protocol parameters twice outside the header: "%" and "+" in them would not survive. */
function undecodable(credentials: Case['credentials'], clientId: string, token: string, method: SignatureMethodName) {
  // The signature of PLAINTEXT is the secrets, and a protocol parameter like the others.
  const secrets = method === 'PLAINTEXT' ? { clientSecret: `${clientId}1`, tokenSecret: `${token}2` } : {};
  return { ...credentials, clientId, token, ...secrets };
}

/** PLAINTEXT wants https. oauthlib knows only the spellings of a query that RFC 3986 allows, not all that browsers send. */
function understood(url: string, signatureMethod: string): string {
  const target = new URL(signatureMethod === 'PLAINTEXT' ? url.replace(/^http:/i, 'https:') : url);
  target.search = target.search.replace(/[[\]{}|\\^`]/g, encodeURIComponent);
  return target.href;
}

function ask(questions: object[]): Record<string, unknown>[] {
  const script = fileURLToPath(new URL('oauthlib_peer.py', import.meta.url));
  const input = questions.map((question) => JSON.stringify(question)).join('\n');
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', [script], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function sign({ request, credentials, signatureMethod, placement }: Case) {
  const isRsa = signatureMethod.startsWith('RSA');
  const signed = signRequest(
    request,
    { ...credentials, ...(isRsa ? { privateKey } : {}) },
    { signatureMethod, placement },
  );
  return { method: request.method, url: signed.url, headers: signed.headers, body: signed.body ?? '' };
}

const verify = (
  request: { method: string; url: string; headers: Record<string, string>; body?: string | null },
  one: Case,
) =>
  verifyRequest(
    { ...request, body: request.body ?? '' },
    {
      clientSecret: (clientId) => (clientId === one.credentials.clientId ? one.credentials.clientSecret : undefined),
      publicKey: () => publicKey,
      tokenSecret: (_clientId, token) => (token === one.credentials.token ? one.credentials.tokenSecret : undefined),
    },
    { methods: METHODS, nonceStore: new MemoryNonceStore() },
  );

test('the cases cover every method in every placement', () => {
  const seen = new Set(cases.map(({ signatureMethod, placement }) => `${signatureMethod} ${placement}`));
  expect(seen.size).toBe(METHODS.length * 3);
});

test('we sign, oauthlib verifies', () => {
  const answers = ask(cases.map((one) => ({ do: 'verify', ...one.credentials, ...keys, ...sign(one) })));
  const wrong = cases.filter((_one, index) => answers[index]?.valid !== true);
  expect(wrong).toEqual([]);
});

test('and refuses what was changed after signing', () => {
  const changed = cases
    .filter(({ signatureMethod }) => signatureMethod !== 'PLAINTEXT')
    .map((one) => {
      const signed = sign(one);
      return {
        do: 'verify',
        ...one.credentials,
        ...keys,
        ...signed,
        url: signed.url + (signed.url.includes('?') ? '&x=y' : '?x=y'),
      };
    });
  expect(ask(changed).filter(({ valid }) => valid === true)).toEqual([]);
});

test('oauthlib signs, we verify, and read the same parameters', async () => {
  const asked = cases.map((one) => {
    const { 'content-type': form, 'Content-Type': json, ...headers } = one.request.headers;
    // oauthlib refuses a charset in the type of a form.
    if (form !== undefined) headers['Content-Type'] = 'application/x-www-form-urlencoded';
    // And it adds a body hash to everything else, with SHA-1 whatever the method: we want the hash of the method.
    const mayHash = json !== undefined && (one.signatureMethod.endsWith('SHA1') || one.signatureMethod === 'PLAINTEXT');
    if (mayHash) headers['Content-Type'] = json;
    const { body, ...request } = one.request;
    const kept = body !== undefined && (form !== undefined || mayHash) ? { body } : {};
    return { ...one, request: { ...request, ...kept, headers } };
  });
  const questions = asked.map(({ request, credentials, signatureMethod, placement }) => ({
    do: 'sign',
    ...request,
    ...credentials,
    ...keys,
    signatureMethod,
    placement,
    // A callback outside the header is signed wrongly there: decoded twice.
    ...(placement === 'header' ? { callback: 'https://app.example/cb?a=%2F+&b=é', realm: 'Photos' } : {}),
  }));
  const answers = ask(questions);
  expect(answers.filter((answer) => 'refused' in answer)).toEqual([]);
  for (const [index, one] of asked.entries()) {
    const { url, headers, body } = answers[index] as {
      url: string;
      headers: Record<string, string>;
      body: string | null;
    };
    const outcome = await verify({ method: one.request.method, url, headers, body }, one);
    expect([one, outcome]).toEqual([one, expect.objectContaining({ verified: true, placement: one.placement })]);
    if (!outcome.verified) continue;
    const sent = [...new URL(one.request.url).searchParams];
    if ('Content-Type' in one.request.headers && !one.request.headers['Content-Type']?.includes('json')) {
      sent.push(...random.formOf(one.request.body));
    }
    expect(outcome.parameters).toEqual(sent);
  }
});

test('we refuse what was changed after oauthlib signed it', async () => {
  const some = cases.filter(
    ({ signatureMethod, request }) => signatureMethod !== 'PLAINTEXT' && request.body === undefined,
  );
  const answers = ask(
    some.map(({ request, credentials, signatureMethod, placement }) => ({
      do: 'sign',
      ...request,
      ...credentials,
      ...keys,
      signatureMethod,
      placement,
    })),
  );
  for (const [index, one] of some.entries()) {
    const { url, headers } = answers[index] as { url: string; headers: Record<string, string> };
    const target = new URL(url);
    target.pathname += 'x';
    expect(await verify({ method: one.request.method, url: target.href, headers }, one)).toMatchObject({
      verified: false,
      reason: 'invalid_signature',
    });
  }
  expect(some.length).toBeGreaterThan(100);
});
