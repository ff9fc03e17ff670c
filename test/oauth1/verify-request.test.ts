import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import {
  type IncomingRequest,
  MemoryNonceStore,
  type RefusalReason,
  type SecretLookups,
  type SigningOptions,
  signRequest,
  type UnsignedRequest,
  type VerificationOptions,
  verifyRequest,
} from '../../src/oauth1/index.js';

const NOW = 1_700_000_000_000;
const credentials = { clientId: 'ck', clientSecret: 'c&s é', token: 'tk', tokenSecret: 't%s' };
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const lookups: SecretLookups = {
  clientSecret: (clientId) => (clientId === 'ck' ? 'c&s é' : undefined),
  publicKey: async (clientId) => (clientId === 'ck' ? publicKey : undefined),
  tokenSecret: async (clientId, token) => (clientId === 'ck' && token === 'tk' ? 't%s' : undefined),
};
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const get = { method: 'GET', url: 'https://api.example.com/r?b=2&a=1&a=1&e=&%C3%A9=+' } satisfies UnsignedRequest;
const post = {
  method: 'POST',
  url: 'https://api.example.com/r?x=1',
  headers: form,
  body: 'x=2&y=%20+',
};

function options(further: Partial<VerificationOptions> = {}): VerificationOptions {
  return {
    methods: ['HMAC-SHA1', 'HMAC-SHA256', 'HMAC-SHA512', 'RSA-SHA1', 'RSA-SHA256', 'RSA-SHA512', 'PLAINTEXT'],
    nonceStore: new MemoryNonceStore(() => NOW),
    now: () => NOW,
    ...further,
  };
}

function signed(request: UnsignedRequest, further: SigningOptions = {}): IncomingRequest {
  const { url, headers, body } = signRequest(request, { ...credentials, privateKey }, { now: () => NOW, ...further });
  return { method: request.method, url, headers, body };
}

const verify = (request: IncomingRequest, further: Partial<VerificationOptions> = {}, secrets = lookups) =>
  verifyRequest(request, secrets, options(further));

async function reason(...given: Parameters<typeof verify>): Promise<RefusalReason | 'verified'> {
  const outcome = await verify(...given);
  return outcome.verified ? 'verified' : outcome.reason;
}

describe('a right request', () => {
  const names = [
    'HMAC-SHA1',
    'HMAC-SHA256',
    'HMAC-SHA512',
    'RSA-SHA1',
    'RSA-SHA256',
    'RSA-SHA512',
    'PLAINTEXT',
  ] as const;
  const placements = ['header', 'query', 'body'] as const;
  test.each(names.flatMap((name) => placements.map((placement) => [name, placement] as const)))(
    '%s in the %s',
    async (signatureMethod, placement) => {
      const outcome = await verify(signed(post, { signatureMethod, placement, nonce: 'n1', realm: 'Photos' }));
      expect(outcome).toEqual({
        verified: true,
        clientId: 'ck',
        token: 'tk',
        signatureMethod,
        placement,
        realm: placement === 'header' ? 'Photos' : undefined,
        timestamp: NOW / 1000,
        nonce: 'n1',
        protocolParameters: {
          oauth_consumer_key: 'ck',
          oauth_nonce: 'n1',
          oauth_signature_method: signatureMethod,
          oauth_timestamp: String(NOW / 1000),
          oauth_token: 'tk',
          oauth_version: '1.0',
        },
        parameters: [
          ['x', '1'],
          ['x', '2'],
          ['y', '  '],
        ],
      });
    },
  );

  test('gives back every parameter, in order, with duplicates and blanks', async () => {
    expect(await verify(signed(get))).toMatchObject({
      parameters: [
        ['b', '2'],
        ['a', '1'],
        ['a', '1'],
        ['e', ''],
        ['é', ' '],
      ],
    });
  });

  test('Headers, header lists and bodies of bytes are understood', async () => {
    const request = signed(post);
    const headers = request.headers as Record<string, string>;
    expect(await reason({ ...request, headers: new Headers(headers) })).toBe('verified');
    expect(await reason({ ...request, headers: { ...headers, 'x-many': ['1', '2'] } })).toBe('verified');
    expect(await reason({ ...request, body: Buffer.from(String(request.body)) })).toBe('verified');
  });

  test('a temporary-credential request has a callback and no token', async () => {
    const { token: _t, tokenSecret: _s, ...client } = credentials;
    const request = { method: 'POST', url: 'https://api.example.com/initiate' };
    const { url, headers } = signRequest(request, client, {
      now: () => NOW,
      protocolParameters: { oauth_callback: 'oob' },
    });
    expect(await verify({ method: 'POST', url, headers }, { token: 'forbidden' })).toMatchObject({
      token: undefined,
      protocolParameters: { oauth_callback: 'oob' },
    });
    expect(await reason({ method: 'POST', url, headers }, { token: 'required' })).toBe('token_missing');
    expect(await reason(signed(get), { token: 'forbidden' })).toBe('token_not_expected');
  });

  test('a header is no form: a signature that was not encoded keeps its "+"', async () => {
    const request = signed(get, { nonce: 'n3' });
    const { Authorization = '' } = request.headers as Record<string, string>;
    const raw = Authorization.replace(/oauth_signature="([^"]*)"/, (_all, encoded: string) => {
      expect(encoded).toContain('%2B');
      return `oauth_signature="${decodeURIComponent(encoded)}"`;
    });
    expect(await reason({ ...request, headers: { Authorization: raw } })).toBe('verified');
  });

  test('an empty token means none', async () => {
    const { headers, url } = signRequest(get, { ...credentials, token: '', tokenSecret: '' }, { now: () => NOW });
    expect(await verify({ method: 'GET', url, headers })).toMatchObject({ verified: true, token: undefined });
  });

  test('PLAINTEXT may come without timestamp and nonce, other methods may not', async () => {
    expect(await reason(signed(get, { signatureMethod: 'PLAINTEXT', timestamp: false, nonce: false }))).toBe(
      'verified',
    );
    const header = String((signed(get).headers as Record<string, string>).Authorization);
    for (const name of ['oauth_timestamp', 'oauth_nonce']) {
      const Authorization = header.replace(new RegExp(`${name}="[^"]*", `), '');
      expect(await reason({ ...get, headers: { Authorization } })).toBe('missing_parameter');
    }
  });

  test('a body hash that is there is checked, and can be demanded', async () => {
    const json = { ...post, headers: { 'content-type': 'application/json' }, body: '{"a":1}' };
    const request = signed(json, { bodyHash: true });
    expect(await reason(request, { requireBodyHash: true })).toBe('verified');
    expect(await reason({ ...request, body: Buffer.from('{"a":1}') })).toBe('verified');
    expect(await reason({ ...request, body: '{"a":2}' })).toBe('invalid_body_hash');
    expect(await reason(signed(json), { requireBodyHash: true })).toBe('invalid_body_hash');
    expect(await reason(signed(json))).toBe('verified');
    expect(await reason(signed(post), { requireBodyHash: true })).toBe('verified');
    const onForm = signed(post, { protocolParameters: { oauth_body_hash: 'x' } });
    expect(await reason(onForm)).toBe('invalid_body_hash');
  });
});

describe('refusals', () => {
  const header = (edit: (value: string) => string): IncomingRequest => {
    const request = signed(get);
    const { Authorization = '' } = request.headers as Record<string, string>;
    return { ...request, headers: { Authorization: edit(Authorization) } };
  };

  type Case = [string, RefusalReason, IncomingRequest, Partial<VerificationOptions>?, SecretLookups?];
  const cases: Case[] = [
    ['nothing OAuth in it', 'no_credentials', { ...get, headers: {} }],
    ['another scheme', 'no_credentials', { ...get, headers: { authorization: 'Bearer x' } }],
    ['a relative URL', 'malformed_request', { ...signed(get), url: '/r' }],
    ['a form body that is no UTF-8', 'malformed_request', { ...signed(post), body: Buffer.from([0x61, 0x3d, 0xff]) }],
    ['half a header', 'malformed_authorization', header((value) => value.slice(0, -1))],
    ['garbage behind a field', 'malformed_authorization', header((value) => value.replace('", ', '" x, '))],
    [
      'two realms',
      'malformed_authorization',
      header((value) => value.replace('OAuth ', 'OAuth realm="a", realm="b", ')),
    ],
    ['two headers', 'malformed_authorization', { ...get, headers: { authorization: ['OAuth a="b"', 'OAuth a="b"'] } }],
    ['an empty header', 'missing_parameter', { ...get, headers: { authorization: 'OAuth' } }],
    ['header and query', 'several_placements', { ...signed(get), url: `${get.url}&oauth_token=tk` }],
    ['header and body', 'several_placements', { ...signed(post), body: `${String(post.body)}&oauth_verifier=1` }],
    ['query and body', 'several_placements', { ...signed(post, { placement: 'query' }), body: 'oauth_nonce=1' }],
    [
      'a repeated nonce',
      'repeated_parameter',
      header((value) => value.replace('oauth_nonce', 'oauth_nonce="x", oauth_nonce')),
    ],
    ['no client id', 'missing_parameter', header((value) => value.replace('oauth_consumer_key="ck", ', ''))],
    ['no signature', 'missing_parameter', header((value) => value.replace(/oauth_signature="[^"]*", /, ''))],
    ['no method', 'missing_parameter', header((value) => value.replace('oauth_signature_method="HMAC-SHA1", ', ''))],
    ['version 2.0', 'unsupported_version', header((value) => value.replace('"1.0"', '"2.0"'))],
    ['a method that is not listed', 'method_not_allowed', signed(get), { methods: ['HMAC-SHA256'] }],
    [
      'PLAINTEXT that is not listed',
      'method_not_allowed',
      signed(get, { signatureMethod: 'PLAINTEXT' }),
      { methods: ['HMAC-SHA1'] },
    ],
    [
      'PLAINTEXT that came over http',
      'insecure_transport',
      { ...signed(get, { signatureMethod: 'PLAINTEXT' }), url: String(get.url).replace('https', 'http') },
    ],
    ['a timestamp that is no number', 'malformed_timestamp', signed(get, { timestamp: '17e8' })],
    ['a negative timestamp', 'malformed_timestamp', signed(get, { timestamp: '-5' })],
    ['a timestamp 301 s old', 'timestamp_out_of_window', signed(get, { timestamp: NOW / 1000 - 301 })],
    ['a timestamp 301 s ahead', 'timestamp_out_of_window', signed(get, { timestamp: NOW / 1000 + 301 })],
    ['a smaller window', 'timestamp_out_of_window', signed(get, { timestamp: NOW / 1000 - 11 }), { windowSeconds: 10 }],
    ['a nonce of 256 characters', 'malformed_nonce', signed(get, { nonce: 'n'.repeat(256) })],
    ['an unknown client', 'unknown_client', signed(get), {}, { ...lookups, clientSecret: () => undefined }],
    [
      'an unknown client with RSA',
      'unknown_client',
      signed(get, { signatureMethod: 'RSA-SHA256' }),
      {},
      { tokenSecret: () => '' },
    ],
    ['an unknown token', 'unknown_token', signed(get), {}, { ...lookups, tokenSecret: () => undefined }],
    [
      'an unknown token with RSA',
      'unknown_token',
      signed(get, { signatureMethod: 'RSA-SHA1' }),
      {},
      { publicKey: () => publicKey },
    ],
    ['another client secret', 'invalid_signature', signed(get), {}, { ...lookups, clientSecret: () => 'c&s e' }],
    ['another token secret', 'invalid_signature', signed(get), {}, { ...lookups, tokenSecret: () => '' }],
  ];
  // Rows of different length would make Jest pass its callback for the missing arguments.
  test.each(cases.map((row) => [row[0], row] as const))(
    '%s',
    async (_name, [, expected, request, further, secrets]) => {
      expect(await reason(request, further, secrets)).toBe(expected);
    },
  );

  test('the edges of the window are inside', async () => {
    for (const offset of [-300, 300])
      expect(await reason(signed(get, { timestamp: NOW / 1000 + offset }))).toBe('verified');
  });

  test('the public key does not pass for an HMAC secret', async () => {
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const { headers, url } = signRequest(get, { ...credentials, clientSecret: pem }, { now: () => NOW });
    const onlyRsa: SecretLookups = { publicKey: () => pem, tokenSecret: () => 't%s' };
    expect(await reason({ method: 'GET', url, headers }, {}, onlyRsa)).toBe('unknown_client');
  });

  test('the answer is the same 401 whatever the reason', async () => {
    const asked = [
      verify(signed(get), { realm: 'Photos' }, { ...lookups, clientSecret: () => undefined }),
      verify(signed(get), { realm: 'Photos' }, { ...lookups, tokenSecret: () => undefined }),
      verify(signed(get, { timestamp: 1 }), { realm: 'Photos' }),
      verify({ ...get, headers: {} }, { realm: 'Photos' }),
      verify({ ...signed(get), url: `${get.url}1` }, { realm: 'Photos' }),
    ];
    const answers = (await Promise.all(asked)).map((one) => (one.verified ? undefined : one.response));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': 'OAuth realm="Photos"' } });
    const outcome = await verify({ ...signed(get), url: `${get.url}1` });
    expect(inspect(outcome)).not.toMatch(/c&s|t%s|HMAC|%3D/);
  });

  test('plain http can be refused with every method, loopback excepted', async () => {
    const ask = (url: string) => reason(signed({ method: 'GET', url }), { requireSecureTransport: true });
    expect(await ask('http://api.example.com/r')).toBe('insecure_transport');
    expect(await ask('http://127.0.0.1:4000/r')).toBe('verified');
    expect(await ask('https://api.example.com/r')).toBe('verified');
    expect(await reason(signed({ method: 'GET', url: 'http://api.example.com/r' }))).toBe('verified');
  });

  test('an unknown client still costs a look-up of the token and a signature', async () => {
    const asked: string[] = [];
    const watching: SecretLookups = {
      clientSecret: () => void asked.push('client'),
      tokenSecret: () => void asked.push('token'),
    };
    await verify(signed(get), {}, watching);
    expect(asked).toEqual(['client', 'token']);
  });

  test('failures of the look-ups and of the nonce store are not refusals', async () => {
    const away = new Error('the database is away');
    const failing = { clientSecret: () => Promise.reject(away) };
    await expect(verify(signed(get), {}, failing)).rejects.toBe(away);
    const nonceStore = { claim: () => Promise.reject(away) };
    await expect(verify(signed(get), { nonceStore })).rejects.toBe(away);
  });

  test('an unusable public key is the operator’s mistake', async () => {
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const key of [elliptic, 'nonsense', pem, privateKey]) {
      const broken = { ...lookups, publicKey: () => key };
      const asked = verify(signed(get, { signatureMethod: 'RSA-SHA1' }), {}, broken);
      await expect(asked).rejects.toMatchObject({ code: 'oauth1_unusable_key' });
    }
  });
});

describe('a changed byte anywhere', () => {
  test.each(['HMAC-SHA1', 'RSA-SHA256'] as const)('%s: header', async (signatureMethod) => {
    const request = signed(get, { signatureMethod, nonce: 'n' });
    const { Authorization = '' } = request.headers as Record<string, string>;
    const start = 'OAuth '.length;
    for (let index = start; index < Authorization.length; index++) {
      const changed = `${Authorization.slice(0, index)}${Authorization[index] === 'x' ? 'y' : 'x'}${Authorization.slice(index + 1)}`;
      // The realm apart, spelling is all that may vary: a space between fields is no part of what was signed.
      if (/[ ,]/.test(Authorization[index] ?? '') && Authorization[index] === ' ') continue;
      expect([index, await reason({ ...request, headers: { Authorization: changed } })]).not.toEqual([
        index,
        'verified',
      ]);
    }
  });

  test.each(['header', 'query', 'body'] as const)('URL and body, parameters in the %s', async (placement) => {
    const request = signed({ ...post, url: 'https://api.example.com/a/b;c=1?x=1&y=%C3%A9' }, { placement, nonce: 'n' });
    for (const part of ['url', 'body'] as const) {
      const text = String(request[part]);
      for (let index = 0; index < text.length; index++) {
        const changed = `${text.slice(0, index)}${text[index] === 'Z' ? 'Q' : 'Z'}${text.slice(index + 1)}`;
        expect([part, index, await reason({ ...request, [part]: changed })]).not.toEqual([part, index, 'verified']);
      }
    }
    expect(await reason({ ...request, method: 'PUT' })).toBe('invalid_signature');
    expect(await reason({ ...request, headers: { ...request.headers, 'content-type': 'text/plain' } })).not.toBe(
      'verified',
    );
  });

  test('a signature has one spelling', async () => {
    for (const signatureMethod of ['HMAC-SHA1', 'RSA-SHA1'] as const) {
      const request = signed(get, { signatureMethod, nonce: 'n', placement: 'query' });
      const url = new URL(request.url);
      const signature = url.searchParams.get('oauth_signature') ?? '';
      for (const other of [`${signature} `, signature.replace(/=+$/, ''), `${signature}=`, `${signature}%00`]) {
        url.searchParams.set('oauth_signature', other);
        expect(await reason({ ...request, url: url.href })).toBe('invalid_signature');
      }
    }
  });
});

describe('nonces', () => {
  test('a request is good once; its forgery does not use it up', async () => {
    const nonceStore = new MemoryNonceStore(() => NOW);
    const request = signed(get);
    expect(await reason({ ...request, url: `${request.url}1` }, { nonceStore })).toBe('invalid_signature');
    expect(nonceStore.size).toBe(0);
    expect(await reason(request, { nonceStore })).toBe('verified');
    expect(await reason(request, { nonceStore })).toBe('nonce_used');
  });

  test('of the same request sent at once, one wins', async () => {
    const nonceStore = new MemoryNonceStore(() => NOW);
    const request = signed(get);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => reason(request, { nonceStore })));
    expect(outcomes.filter((one) => one === 'verified')).toHaveLength(1);
  });

  test('the same nonce of another client, token or time is another key', async () => {
    const keys: string[] = [];
    const nonceStore = { claim: (key: string) => Promise.resolve(keys.push(key) > 0) };
    const anybody: SecretLookups = { clientSecret: () => 'c&s é', tokenSecret: () => 't%s' };
    const ask = (who: object, timestamp: number) => {
      const { url, headers } = signRequest(get, { ...credentials, ...who }, { nonce: 'n', timestamp });
      return verify({ method: 'GET', url, headers }, { nonceStore }, anybody);
    };
    const at = NOW / 1000;
    await Promise.all([ask({}, at), ask({ clientId: 'other' }, at), ask({ token: 'other' }, at), ask({}, at + 1)]);
    expect(new Set(keys).size).toBe(4);
    expect(keys.every((key) => /^[\w-]{43}$/.test(key))).toBe(true);
  });

  test('a key may be forgotten only when its timestamp is refused anyway', async () => {
    let expiry = new Date(0);
    const nonceStore = {
      claim: (_key: string, expiresAt: Date) => {
        expiry = expiresAt;
        return Promise.resolve(true);
      },
    };
    const request = signed(get, { timestamp: NOW / 1000 + 300 });
    await verify(request, { nonceStore });
    expect(await reason(request, { now: () => expiry.getTime() })).toBe('timestamp_out_of_window');
    expect(await reason(request, { now: () => expiry.getTime() - 1_000 })).toBe('verified');
  });

  test('the memory store forgets what expired', async () => {
    let now = 0;
    const store = new MemoryNonceStore(() => now);
    for (let index = 0; index < 100; index++)
      expect(await store.claim(`k${index}`, new Date(1_000 + index))).toBe(true);
    expect(await store.claim('k5', new Date(5_000))).toBe(false);
    now = 1_050;
    expect(await store.claim('k5', new Date(5_000))).toBe(true);
    expect(store.size).toBe(50);
  });
});
