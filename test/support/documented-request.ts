/** Compares a request that the engine sent with the one that a provider documents: nothing missing, nothing that nobody documented. */
import { createHmac } from 'node:crypto';
import type { Call } from './documented-provider.js';
import { type DocumentedRequest, fill } from './evidence.js';

type Texts = Readonly<Record<string, string>>;

/**
 * @param known what the placeholders stand for
 * @param secrets client secret and, with OAuth 1, token secret
 */
export function expectDocumented(call: Call, request: DocumentedRequest, known: Texts, secrets: Secrets): void {
  expect([request.method].flat()).toContain(call.method);
  const { query = {}, parameters = {}, optional = [] } = request;
  const inQuery = call.method === 'GET' ? { ...query, ...parameters } : query;
  expect(sent(call.url.searchParams, optional, inQuery)).toEqual(wanted(inQuery, known));
  expectBody(call, call.method === 'GET' ? request.body : (request.body ?? request.parameters), optional, known);
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    expect([name, call.headers[name]?.split(';')[0]]).toEqual([name, matching(fill(value, known))]);
  }
  expectAuthentication(call, request, known, secrets);
}

export interface Secrets {
  readonly client: string;
  readonly token: string;
}

function expectBody(call: Call, body: DocumentedRequest['body'], optional: readonly string[], known: Texts): void {
  if (body === undefined) {
    expect(call.body).toBe('');
    return;
  }
  if (call.headers['content-type']?.startsWith('application/json')) {
    expect(JSON.parse(call.body)).toEqual(fill(body, known));
    return;
  }
  const documented = body as Texts;
  expect(call.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
  expect(sent(new URLSearchParams(call.body), optional, documented)).toEqual(wanted(documented, known));
}

function expectAuthentication(
  call: Call,
  { auth, signature }: DocumentedRequest,
  known: Texts,
  secrets: Secrets,
): void {
  const { authorization } = call.headers;
  const id = known.client_id ?? '';
  if (auth === 'basic') {
    const [user, password] = decodedPair(authorization ?? '');
    expect([user, password]).toEqual([id, secrets.client]);
    expect(call.body).not.toContain('client_secret');
  }
  if (auth === 'bearer') expect(authorization).toBe(`Bearer ${known.access_token}`);
  if (auth === 'oauth1') expectSigned(call, fill(signature ?? {}, known), secrets);
  if (auth === 'form' || auth === 'query' || auth === 'none') expect(authorization).toBeUndefined();
  if (auth === 'none') expect(call.body + call.url.search).not.toMatch(/client_secret/);
}

/** RFC 6749 section 2.3.1: both halves are form-encoded before Basic encodes them. */
function decodedPair(authorization: string): readonly string[] {
  const [scheme, credentials = ''] = authorization.split(' ');
  expect(scheme).toBe('Basic');
  const pair = Buffer.from(credentials, 'base64').toString('utf8').split(':');
  return pair.map((half) => new URLSearchParams(`v=${half}`).get('v') ?? '');
}

/** RFC 5849 section 3.4, written a second time and independently of the engine, for HMAC-SHA1 in the Authorization header. */
function expectSigned(call: Call, documented: Texts, secrets: Secrets): void {
  const header = call.headers.authorization ?? '';
  expect(header).toMatch(/^OAuth /);
  const fields = Object.fromEntries(
    [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decodeURIComponent(value)]),
  );
  expect(fields).toMatchObject(documented);
  const { oauth_signature: signature, realm: _realm, ...protocol } = fields;
  const body = call.headers['content-type']?.startsWith('application/x-www-form') ? call.body : '';
  const all = [...Object.entries(protocol), ...call.url.searchParams, ...new URLSearchParams(body)];
  const parameters = all
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
  const base = [call.method, encode(call.url.origin + call.url.pathname), encode(parameters)].join('&');
  const key = `${encode(secrets.client)}&${encode(secrets.token)}`;
  expect(signature).toBe(createHmac('sha1', key).update(base).digest('base64'));
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sent(parameters: URLSearchParams, optional: readonly string[], documented: object): Texts {
  const kept = [...parameters].filter(([name]) => name in documented || !optional.includes(name));
  return Object.fromEntries(kept);
}

function wanted(documented: Texts, known: Texts): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(documented).map(([name, value]) => [name, matching(fill(value, known))]));
}

function matching(value: string): unknown {
  return value === '{any}' ? expect.stringMatching(/./) : value;
}
