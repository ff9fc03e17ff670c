/** Further methods are registered per client; RSA-PSS, which some banks ask for, is the proof. */
import { constants, createPublicKey, createVerify, generateKeyPairSync, sign, verify } from 'node:crypto';
import {
  createSigner,
  defineSignatureMethods,
  MemoryNonceStore,
  signRequest,
  verifyRequest,
} from '../../src/oauth1/index.js';

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
const methods = defineSignatureMethods({
  'RSA-PSS': {
    kind: 'key-pair',
    bodyHash: 'sha256',
    prepareSigner: (key) => (baseString) => sign('sha256', Buffer.from(baseString), { key, ...pss }).toString('base64'),
    prepareVerifier: (key) => (baseString, signature) =>
      verify('sha256', Buffer.from(baseString), { key, ...pss }, signature),
  },
});
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const request = {
  method: 'POST',
  url: 'https://api.example.com/pay?a=1',
  headers: { 'content-type': 'application/json' },
  body: '{}',
};

test('a registered method signs, and the platform agrees with the signature', () => {
  const signed = signRequest(
    request,
    { clientId: 'ck', privateKey },
    { signatureMethod: 'RSA-PSS', methods, bodyHash: true },
  );
  const verifier = createVerify('sha256').update(signed.baseString);
  expect(verifier.verify({ key: createPublicKey(privateKey), ...pss }, signed.signature, 'base64')).toBe(true);
  expect(signed.baseString).toContain('oauth_signature_method%3DRSA-PSS');
  expect(signed.baseString).toContain('oauth_body_hash%3DRBNvo1WzZ4oRRq0W9%252BhknpT7T8If536DEMBg9hyq%252F4o%253D');
});

test('a registered method is verified, where it is registered and allowed', async () => {
  const signer = createSigner({ clientId: 'ck', privateKey }, { signatureMethod: 'RSA-PSS', methods });
  const lookups = { publicKey: () => publicKey };
  const ask = async (options: { tamper?: boolean; known?: boolean }) => {
    const signed = signer.sign(request);
    const url = options.tamper ? `${request.url}2` : request.url;
    return verifyRequest({ ...signed, method: 'POST', url }, options.known === false ? {} : lookups, {
      methods: ['RSA-PSS'],
      registry: methods,
      nonceStore: new MemoryNonceStore(),
    });
  };
  expect(await ask({})).toMatchObject({ verified: true, signatureMethod: 'RSA-PSS' });
  expect(await ask({ tamper: true })).toMatchObject({ verified: false, reason: 'invalid_signature' });
  expect(await ask({ known: false })).toMatchObject({ verified: false, reason: 'unknown_client' });
});

test('registries belong to their client: elsewhere the method neither compiles nor runs', () => {
  // @ts-expect-error the name is in the type only where the registry is
  const work = () => signRequest(request, { clientId: 'ck', privateKey }, { signatureMethod: 'RSA-PSS' });
  expect(work).toThrow(expect.objectContaining({ code: 'oauth1_unknown_signature_method' }));
});

test('a built-in method cannot be replaced, and a registry cannot be changed afterwards', () => {
  const evil = { kind: 'shared-secret', bodyHash: 'sha1', prepare: () => () => '' } as const;
  expect(() => defineSignatureMethods({ 'HMAC-SHA1': evil })).toThrow(
    expect.objectContaining({ code: 'oauth1_signature_method_taken' }),
  );
  const signed = signRequest(request, { clientId: 'ck', clientSecret: 'cs' }, { methods: { 'HMAC-SHA1': evil } });
  expect(signed.signature).not.toBe('');
  expect(Object.isFrozen(methods)).toBe(true);
});

test('a method may sign with shared secrets too', async () => {
  const shout = defineSignatureMethods({
    'KEY-LENGTH': {
      kind: 'shared-secret',
      bodyHash: 'sha1',
      prepare: (key) => (base) => `${key.length}:${base.length}`,
    },
  });
  const signed = signRequest(
    request,
    { clientId: 'ck', clientSecret: 'c s' },
    { signatureMethod: 'KEY-LENGTH', methods: shout },
  );
  expect(signed.signature).toBe(`${'c%20s&'.length}:${signed.baseString.length}`);
  const outcome = await verifyRequest(
    { ...signed, method: 'POST' },
    { clientSecret: () => 'c s' },
    {
      methods: ['KEY-LENGTH'],
      registry: shout,
      nonceStore: new MemoryNonceStore(),
    },
  );
  expect(outcome.verified).toBe(true);
});

test('what a registered method throws about its key becomes a typed error without its words', () => {
  const broken = defineSignatureMethods({
    BROKEN: {
      kind: 'key-pair',
      bodyHash: 'sha1',
      prepareSigner: () => {
        throw new Error('key is 0xSECRET');
      },
      prepareVerifier: () => () => false,
    },
  });
  const work = () => createSigner({ clientId: 'ck', privateKey }, { signatureMethod: 'BROKEN', methods: broken });
  expect(work).toThrow(expect.objectContaining({ code: 'oauth1_unusable_key' }));
  expect(work).not.toThrow(/SECRET/);
});
