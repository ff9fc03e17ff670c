/**
 * Our OAuth 1.0a client against a provider somebody else wrote: the whole flow and signed calls over real HTTP, by each
 * signature method in each placement, and what the provider has to refuse.
 */
import { generateKeyPairSync } from 'node:crypto';
import {
  type FetchFunction,
  type OAuth1ClientOptions,
  OAuth1Session,
  type Placement,
  TokenCredentials,
  type TokenRequestRefused,
} from '../../src/oauth1/index.js';
import { answerConsent } from '../support/app.js';
import {
  type OAuth1ProviderProcess,
  type PeerSignatureMethod,
  type RegisteredClient,
  startOAuth1Provider,
} from '../support/oauth1-provider-process.js';

const METHODS: readonly PeerSignatureMethod[] = ['HMAC-SHA1', 'HMAC-SHA256', 'RSA-SHA1', 'PLAINTEXT'];
const PLACEMENTS: readonly Placement[] = ['header', 'query', 'body'];
const CASES = METHODS.flatMap((method) => PLACEMENTS.map((placement) => [method, placement] as const));
/** Nobody listens there: the tests read where the browser would have been sent. */
const CALLBACK = 'http://127.0.0.1:9/came/back?from=peer';
const MINUTE_MS = 60_000;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = {
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
};

let peer: OAuth1ProviderProcess;

beforeAll(async () => {
  peer = await startOAuth1Provider();
  for (const method of METHODS) await peer.register(registrationOf(method));
});
afterAll(() => peer.close());

function registrationOf(method: PeerSignatureMethod): RegisteredClient {
  // A PLAINTEXT signature is the secrets, and oauthlib decodes it twice outside the header: no escapes there.
  const clientSecret = method === 'PLAINTEXT' ? 'letters-and-digits-only-1' : `secret & more of ${method}`;
  return {
    clientId: `client.of~${method.toLowerCase()}`,
    signatureMethod: method,
    callbacks: [CALLBACK, 'oob'],
    ...(method === 'RSA-SHA1' ? { publicKey: keys.publicKey } : { clientSecret }),
  };
}

function sessionOf(method: PeerSignatureMethod, further: Partial<OAuth1ClientOptions> = {}): OAuth1Session {
  const { clientId, clientSecret } = registrationOf(method);
  return new OAuth1Session({
    clientId,
    ...(clientSecret === undefined ? { privateKey: keys.privateKey } : { clientSecret }),
    signatureMethod: method,
    endpoints: {
      requestToken: `${peer.origin}/oauth/request_token`,
      authorize: `${peer.origin}/oauth/authorize`,
      accessToken: `${peer.origin}/oauth/access_token`,
    },
    fetch,
    ...further,
  });
}

/** The three legs, with a person who agrees. */
async function dance(session: OAuth1Session): Promise<TokenCredentials> {
  const temporary = await session.requestTemporaryCredentials({ callback: CALLBACK });
  const callback = await answerConsent(session.authorizationUrl(temporary), 'allow');
  return await session.requestTokenCredentials(session.checkCallback(callback, temporary));
}

async function signedIn(method: PeerSignatureMethod, further: Partial<OAuth1ClientOptions> = {}) {
  const credentials = await dance(sessionOf(method));
  return sessionOf(method, { ...further, credentials });
}

/** What the provider's library understood of a call. */
async function echoOf(response: Response) {
  expect(response.status).toBe(200);
  return (await response.json()) as { method: string; parameters: [string, string][]; body: string; clientId: string };
}

const sorted = (pairs: Iterable<readonly [string, string]>) =>
  [...pairs].map(([name, value]) => [name, value]).sort((a, b) => (String(a) < String(b) ? -1 : 1));

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('The provider granted what it had to refuse.');
    },
    (error: TokenRequestRefused) => error,
  );

describe.each(CASES)('%s in the %s', (method, placement) => {
  let credentials: TokenCredentials;
  let session: OAuth1Session;

  beforeAll(async () => {
    credentials = await dance(sessionOf(method, { placement }));
    session = sessionOf(method, { placement, credentials });
  });

  test('the three legs give credentials for the person who agreed', async () => {
    expect(credentials.parameters).toMatchObject({ user_id: '9007199254740993123', screen_name: 'ada' });
    const response = await session.fetch(`${peer.origin}/1/me.json`);
    expect(response.status).toBe(200);
    // As text, because a number would have been rounded.
    expect(await response.text()).toContain('"id": 9007199254740993123,');
  });

  test('the protocol parameters travelled where they were meant to', async () => {
    const before = await peer.requests();
    await dance(sessionOf(method, { placement }));
    const calls = (await peer.requests()).slice(before.length).filter(({ path }) => path !== '/oauth/authorize');
    expect(calls.map(({ path, status }) => [path, status])).toEqual([
      ['/oauth/request_token', 200],
      ['/oauth/access_token', 200],
    ]);
    for (const { query, headers, body } of calls) {
      expect({
        header: headers.authorization?.includes('oauth_signature=') ?? false,
        query: query.includes('oauth_signature='),
        body: body.includes('oauth_signature='),
      }).toEqual({ header: false, query: false, body: false, [placement]: true });
    }
  });

  test.each([
    ['duplicates', 'b=2&a=2&a=1&a=2&a'],
    ['characters beyond ASCII', 'na%C3%AFve=%E2%98%83&emoji=%F0%9F%94%91'],
    ['empty values', 'empty=&=&also='],
    ['plus signs and spaces', 'plus=1%2B1&space=a+b&percent=a%20b'],
    ['unreserved characters', 'tilde=~&dots=-._~&escaped=%7E%2D'],
    ['reserved characters, escaped', `all=${encodeURIComponent('!*\'();:@&=+$,/?#[]% "<>')}%21%2A%27%28%29`],
    ['reserved characters, as they are', "raw=!*'();:@$,/?&then=1"],
    ['a question mark at its end', 'q=1?'],
    ['names that look like ours', 'x_oauth_token=1&oauthlike=2'],
    ['double escapes', 'twice=%2525&mixed=%252B+'],
  ])('a signed GET with %s', async (_what, query) => {
    const seen = await echoOf(await session.fetch(`${peer.origin}/1/echo?${query}`));
    expect(sorted(seen.parameters)).toEqual(sorted(new URLSearchParams(query)));
  });

  test('a form POST, with parameters in address and body', async () => {
    const form = new URLSearchParams([
      ['status', 'Hello Ladies + Gentlemen, a signed OAuth request!'],
      ['a', '2'],
      ['a', ''],
      ['ключ', '~ключ & замок='],
    ]);
    const response = await session.fetch(`${peer.origin}/1/echo?a=1&q=%26`, { method: 'POST', body: form });
    const seen = await echoOf(response);
    expect(sorted(seen.parameters)).toEqual(sorted([['a', '1'], ['q', '&'], ...form]));
    expect(seen.method).toBe('POST');
  });

  test.each(['POST', 'PUT', 'PATCH'])('a JSON %s', async (verb) => {
    const body = JSON.stringify({ status: 'not=a&form', é: '+%20' });
    const response = await session.fetch(`${peer.origin}/1/echo?trim=%20x`, {
      method: verb,
      headers: { 'content-type': 'application/json' },
      body,
    });
    const seen = await echoOf(response);
    expect(seen).toMatchObject({ method: verb, body, parameters: [['trim', ' x']] });
  });

  test('a DELETE without a body', async () => {
    const seen = await echoOf(await session.fetch(`${peer.origin}/1/echo?id=1`, { method: 'DELETE' }));
    expect(seen).toMatchObject({ method: 'DELETE', parameters: [['id', '1']] });
  });
});

describe.each(METHODS)('%s: what the provider refuses', (method) => {
  test('the very same request a second time', async () => {
    const sent: Parameters<FetchFunction>[] = [];
    const recording: FetchFunction = (...call) => {
      sent.push(call);
      return fetch(...call);
    };
    const session = await signedIn(method, { fetch: recording });
    expect((await session.fetch(`${peer.origin}/1/me.json`)).status).toBe(200);
    const [call] = sent;
    if (call === undefined) throw new Error('Nothing was sent.');
    expect((await fetch(...call)).status).toBe(401);
    // The token itself is as good as before.
    expect((await session.fetch(`${peer.origin}/1/me.json`)).status).toBe(200);
  });

  test('a flow whose clock is eleven minutes slow, for its timestamp and nothing else', async () => {
    const slow = (minutes: number) => sessionOf(method, { now: () => Date.now() - minutes * MINUTE_MS });
    const refusal = await refusalOf(slow(11).requestTemporaryCredentials({ callback: CALLBACK }));
    expect(refusal).toMatchObject({ code: 'oauth1_token_request_refused', status: 400, problem: 'invalid_request' });
    expect(refusal.evidence).toContain('Timestamp');
    await expect(slow(9).requestTemporaryCredentials({ callback: CALLBACK })).resolves.toBeDefined();
  });

  test('a call whose clock is wrong, until the session has learned the time from the refusal', async () => {
    const session = await signedIn(method, { now: () => Date.now() - 11 * MINUTE_MS });
    const before = (await peer.requests('/1/me.json')).length;
    expect((await session.fetch(`${peer.origin}/1/me.json`)).status).toBe(200);
    expect((await session.fetch(`${peer.origin}/1/me.json`)).status).toBe(200);
    const statuses = (await peer.requests('/1/me.json')).slice(before).map(({ status }) => status);
    expect(statuses).toEqual([401, 200, 200]);
  });

  test('a wrong verifier, without spending the right one', async () => {
    const session = sessionOf(method);
    const temporary = await session.requestTemporaryCredentials({ callback: CALLBACK });
    const callback = await answerConsent(session.authorizationUrl(temporary), 'allow');
    const guessed = session.authorizeWithPin(temporary, 'x'.repeat(30));
    expect(await refusalOf(session.requestTokenCredentials(guessed))).toMatchObject({
      code: 'oauth1_token_request_refused',
      status: 401,
    });
    const proven = session.checkCallback(callback, temporary);
    await expect(session.requestTokenCredentials(proven)).resolves.toBeInstanceOf(TokenCredentials);
  });

  test('temporary credentials nobody agreed to, and those that were used', async () => {
    const session = sessionOf(method);
    const temporary = await session.requestTemporaryCredentials({ callback: CALLBACK });
    const early = session.authorizeWithPin(temporary, 'x'.repeat(30));
    expect(await refusalOf(session.requestTokenCredentials(early))).toMatchObject({ status: 401 });
    const callback = await answerConsent(session.authorizationUrl(temporary), 'allow');
    const proven = session.checkCallback(callback, temporary);
    await session.requestTokenCredentials(proven);
    expect(await refusalOf(session.requestTokenCredentials(proven))).toMatchObject({ status: 401 });
    expect((await fetch(session.authorizationUrl(temporary))).status).toBe(403);
  });

  test('a callback that was not registered', async () => {
    const session = sessionOf(method);
    const elsewhere = session.requestTemporaryCredentials({ callback: 'http://127.0.0.1:9/elsewhere' });
    expect(await refusalOf(elsewhere)).toMatchObject({ status: 401 });
  });

  test('a token that was revoked by a signed request', async () => {
    const session = await signedIn(method);
    expect((await session.fetch(`${peer.origin}/oauth/revoke`, { method: 'POST' })).status).toBe(200);
    expect((await session.fetch(`${peer.origin}/1/me.json`)).status).toBe(401);
  });
});

test.each([
  ['a client secret that is not ours', 'HMAC-SHA1', { clientSecret: 'guessed' }],
  [
    'a key that is not ours',
    'RSA-SHA1',
    { privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey },
  ],
  ['an unknown client', 'HMAC-SHA256', { clientId: 'nobody-we-know' }],
  ['a method the client did not register', 'HMAC-SHA1', { signatureMethod: 'HMAC-SHA256' }],
  [
    'PLAINTEXT from a client with a key pair',
    'RSA-SHA1',
    { signatureMethod: 'PLAINTEXT', clientSecret: 'x'.repeat(30) },
  ],
] as const)('the provider refuses %s', async (_what, method, wrong) => {
  const session = sessionOf(method, wrong);
  const refusal = await refusalOf(session.requestTemporaryCredentials({ callback: CALLBACK }));
  expect(refusal).toMatchObject({ code: 'oauth1_token_request_refused', status: 401 });
});

test('the provider refuses a call with another token secret, and says it was the signature', async () => {
  const granted = await dance(sessionOf('HMAC-SHA1'));
  const credentials = TokenCredentials.from({ token: granted.token, tokenSecret: 'guessed' });
  const response = await sessionOf('HMAC-SHA1', { credentials }).fetch(`${peer.origin}/1/me.json`);
  expect(response.status).toBe(401);
  const seen = (await peer.requests('/1/me.json')).at(-1);
  expect(seen?.checks).toEqual({ client: true, resource_owner: true, realm: true, signature: false });
});

test.each(['denied', 'oauth_problem'] as const)('a person who says no comes back as denied (%s)', async (denial) => {
  await peer.register({ ...registrationOf('HMAC-SHA1'), denial });
  const session = sessionOf('HMAC-SHA1');
  const temporary = await session.requestTemporaryCredentials({ callback: CALLBACK });
  const callback = await answerConsent(session.authorizationUrl(temporary), 'deny');
  expect(callback).toContain(denial);
  expect(() => session.checkCallback(callback, temporary)).toThrow(expect.objectContaining({ code: 'oauth1_denied' }));
  const early = session.authorizeWithPin(temporary, 'x'.repeat(30));
  expect(await refusalOf(session.requestTokenCredentials(early))).toMatchObject({ status: 401 });
});

test('out of band: the number on the page is the verifier', async () => {
  const session = sessionOf('HMAC-SHA1');
  const temporary = await session.requestTemporaryCredentials({ callback: 'oob' });
  const page = await fetch(`${peer.origin}/oauth/authorize`, {
    method: 'POST',
    body: new URLSearchParams({ oauth_token: temporary.token, decision: 'allow' }),
  });
  const pin = new URLSearchParams(await page.text()).get('oauth_verifier') ?? '';
  const credentials = await session.requestTokenCredentials(session.authorizeWithPin(temporary, ` ${pin} `));
  expect(credentials.parameters.user_id).toBe('9007199254740993123');
});
