/**
 * What a call really sent, for whoever looks into how it was made. The secrets are known in this room only, so this is where they are masked:
 * what leaves it is text in which they do not occur, and a function that takes them out of an answer that echoes them (sec-J9).
 */
import type { Fetch } from '../http/index.js';
import { explainSignature, percentEncode } from '../oauth1/index.js';
import { createRedactor, formEncode } from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';
import type { Credentials } from './credentials.js';
import { signingCredentialsOf } from './signing-credentials.js';

export interface SentCall {
  readonly method: string;
  /** Address and header fields as they were sent, with the secrets masked. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** How the signature of an OAuth 1 call came about, one step a line. */
  readonly signature: readonly SignatureStep[] | undefined;
  /** Takes every secret of this call out of a text, however it is spelled there. */
  mask(text: string): string;
}

export type SignatureStepName =
  | 'method'
  | 'baseUri'
  | 'parameters'
  | 'baseString'
  | 'signatureMethod'
  | 'key'
  | 'signature'
  | 'note';

export interface SignatureStep {
  readonly name: SignatureStepName;
  readonly value: string;
}

/** Told of each request of a call just before it leaves; a call that is repeated with a new token is told twice. */
export type CallWitness = (sent: SentCall) => void;

/** A `fetch` that tells the witness what passes through it. */
export function witnessed(fetch: Fetch, provider: Provider, credentials: Credentials, witness: CallWitness): Fetch {
  return (input, init = {}) => {
    witness(sentCall(String(input instanceof Request ? input.url : input), init, provider, credentials));
    return fetch(input, init);
  };
}

function sentCall(url: string, init: RequestInit, provider: Provider, credentials: Credentials): SentCall {
  const mask = createRedactor(secretsOf(provider, credentials).flatMap(spellingsOf));
  const method = init.method ?? 'GET';
  const headers = Object.fromEntries(new Headers(init.headers));
  const body = typeof init.body === 'string' ? init.body : undefined;
  const request = { method, url, headers, ...(body === undefined ? {} : { body }) };
  return {
    method,
    url: mask(url),
    headers: Object.entries(headers).map(([name, value]) => [name, mask(value)] as const),
    signature: signatureOf(request, provider, credentials)?.map(({ name, value }) => ({ name, value: mask(value) })),
    mask,
  };
}

/** Undefined where nothing is signed: OAuth 2, and OAuth 1 services whose token secret is an API key. */
function signatureOf(
  request: { method: string; url: string; headers: Record<string, string>; body?: string },
  provider: Provider,
  credentials: Credentials,
): readonly SignatureStep[] | undefined {
  const { oauth1, api } = provider.definition;
  if (credentials.protocol !== 'oauth1' || !oauth1 || api.token) return undefined;
  const steps = explainSignature(request, signingCredentialsOf(provider, credentials.token));
  return [
    { name: 'method', value: steps.method },
    { name: 'baseUri', value: steps.baseUri },
    ...steps.parameters.map(({ encoded }) => ({ name: 'parameters', value: encoded }) as const),
    { name: 'baseString', value: steps.baseString },
    { name: 'signatureMethod', value: steps.signatureMethod },
    { name: 'key', value: steps.key },
    { name: 'signature', value: steps.signature },
    ...steps.notes.map((value) => ({ name: 'note', value }) as const),
  ];
}

function secretsOf({ client }: Provider, { token }: Credentials): readonly string[] {
  const pair =
    client.clientSecret === undefined ? [] : [client.clientSecret, `${client.clientId}:${client.clientSecret}`];
  return [...pair, ...secretsIn(token.toPlain())];
}

/** Some token responses hold further tokens beside the one that is used. */
function secretsIn(value: unknown, name = ''): readonly string[] {
  if (typeof value === 'string') return /token$|secret|handle|password|key$/i.test(name) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item, Array.isArray(value) ? name : key));
}

/**
 * As an API may echo it, besides the spellings that the redactor adds to each of these (so percent-encoded becomes twice encoded): in a query
 * with either case of hex digits, and in base64 of which it is only the beginning.
 */
function spellingsOf(secret: string): readonly string[] {
  const inQuery = [percentEncode(secret), encodeURIComponent(secret), formEncode(secret)];
  const lower = inQuery.map((text) => text.replaceAll(/%[\da-f]{2}/gi, (octet) => octet.toLowerCase()));
  const bytes = Buffer.from(secret);
  // Without the last group, which differs when more was encoded with it.
  const begun = [bytes.toString('base64'), bytes.toString('base64url')].map((text) => text.replace(/.{0,4}$/, ''));
  return [secret, ...inQuery, ...lower, ...begun];
}
