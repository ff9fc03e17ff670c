/** A call as `fetch` takes it, turned into the parts that signing and sending again need. */
import { OAuth1Error } from './errors.js';
import { FORM_TYPE, mediaTypeOf } from './form-body.js';

type BodyGiven = NonNullable<RequestInit['body']>;

/** What goes over the wire as the body. `once` can be sent a single time; everything else as often as needed. */
export type OutgoingBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array | Blob }
  | { readonly kind: 'once'; readonly stream: BodyGiven };

/** Everything of a call that may change between attempts, and what never does. */
export interface OutgoingCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: OutgoingBody;
  readonly redirect: NonNullable<RequestInit['redirect']>;
  readonly signal: AbortSignal | undefined;
  /** The rest of the caller's `init`, handed on untouched. */
  readonly init: RequestInit;
}

/**
 * Form bodies are read into memory because they are signed, and everything is when its hash is to be signed; other
 * streams stay streams.
 *
 * @throws OAuth1Error `oauth1_form_body_undecodable` for a form body that is no UTF-8
 */
export async function readOutgoingCall(
  input: Request | URL | string,
  init: RequestInit = {},
  { needsBytes = false, timeoutMs }: { needsBytes?: boolean; timeoutMs?: number } = {},
): Promise<OutgoingCall> {
  const request = typeof input === 'string' || input instanceof URL ? undefined : input;
  const headers = new Headers(init.headers ?? request?.headers);
  const body = await readBody(init.body ?? request?.body ?? null, headers, needsBytes);
  return {
    method: init.method ?? request?.method ?? 'GET',
    url: request?.url ?? String(input),
    headers: Object.fromEntries(headers),
    body,
    redirect: init.redirect ?? request?.redirect ?? 'follow',
    signal: limitTime(init.signal ?? request?.signal, timeoutMs),
    init,
  };
}

function limitTime(signal: AbortSignal | undefined, timeoutMs: number | undefined): AbortSignal | undefined {
  if (timeoutMs === undefined) return signal;
  const deadline = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

/** The body's text where a signature may have to look at it. */
export function textOf(body: OutgoingBody): string | undefined {
  return body.kind === 'text' ? body.text : undefined;
}

/** The body as `fetch` takes it. */
export function toBodyInit(body: OutgoingBody): BodyGiven | null {
  switch (body.kind) {
    case 'none':
      return null;
    case 'text':
      return body.text;
    case 'bytes':
      return body.bytes;
    case 'once':
      return body.stream;
  }
}

/** Declares the type that `fetch` would declare, on `headers`, where the caller declared none. */
async function readBody(given: BodyGiven | null, headers: Headers, needsBytes: boolean): Promise<OutgoingBody> {
  if (given === null) return { kind: 'none' };
  if (typeof given === 'string') {
    declare(headers, 'text/plain;charset=UTF-8');
    return { kind: 'text', text: given };
  }
  if (given instanceof URLSearchParams) {
    declare(headers, `${FORM_TYPE};charset=UTF-8`);
    return { kind: 'text', text: given.toString() };
  }
  if (given instanceof FormData) {
    // Written out here, so that its boundary stays the same however often it is sent.
    const written = new Response(given);
    headers.set('content-type', written.headers.get('content-type') ?? 'multipart/form-data');
    return { kind: 'bytes', bytes: new Uint8Array(await written.arrayBuffer()) };
  }
  if (given instanceof Blob && given.type !== '') declare(headers, given.type);
  const isForm = mediaTypeOf(headers.get('content-type') ?? undefined) === FORM_TYPE;
  if (isForm || needsBytes) {
    const bytes = new Uint8Array(await new Response(given).arrayBuffer());
    return isForm ? { kind: 'text', text: decodeForm(bytes) } : { kind: 'bytes', bytes };
  }
  if (given instanceof Blob || given instanceof Uint8Array) return { kind: 'bytes', bytes: given };
  if (given instanceof ArrayBuffer) return { kind: 'bytes', bytes: new Uint8Array(given) };
  if (ArrayBuffer.isView(given)) {
    return { kind: 'bytes', bytes: new Uint8Array(given.buffer, given.byteOffset, given.byteLength) };
  }
  return { kind: 'once', stream: given };
}

function declare(headers: Headers, contentType: string): void {
  if (!headers.has('content-type')) headers.set('content-type', contentType);
}

function decodeForm(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new OAuth1Error('oauth1_form_body_undecodable', `The body is declared as ${FORM_TYPE} but is no UTF-8.`);
  }
}
