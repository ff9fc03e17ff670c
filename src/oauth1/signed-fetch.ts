/** Sends a call signed: checks where it goes, follows redirects and corrects the clock, with a new signature each time. */
import { hashBody } from './body-hash.js';
import type { OAuth1ClientOptions } from './client-options.js';
import type { CorrectedClock } from './clock.js';
import { OAuth1Error } from './errors.js';
import { contentTypeOf, FORM_TYPE, mediaTypeOf } from './form-body.js';
import { type OutgoingCall, textOf, toBodyInit } from './outgoing-call.js';
import { followRedirect } from './redirect.js';
import { isSecure, parseHttpUrl } from './request-target.js';
import { findSignatureMethod } from './signature-method.js';
import type { Signer } from './signer.js';
import type { RequestSigningOptions, UnsignedRequest } from './signing-types.js';

const MAX_REDIRECTS = 5;

/** What sending needs to know about its client. */
export interface SignedFetchContext<Further extends string> {
  readonly options: OAuth1ClientOptions<Further>;
  readonly clock: CorrectedClock;
  /** The only origins that may be called; undefined allows any. */
  readonly origins?: ReadonlySet<string> | undefined;
}

/**
 * @param signer signs with the credentials of this call
 * @throws OAuth1Error `oauth1_origin_not_allowed`, `oauth1_insecure_transport`, `oauth1_redirect_refused`,
 *   `oauth1_too_many_redirects`, `oauth1_body_not_replayable`, and those of signing; before anything unsafe is sent
 */
export async function sendSigned<Further extends string>(
  context: SignedFetchContext<Further>,
  signer: Signer,
  firstCall: OutgoingCall,
  signing: RequestSigningOptions = {},
): Promise<Response> {
  let call = firstCall;
  let mayCorrectClock = true;
  for (let redirects = 0; ; ) {
    const answer = await sendOnce(context, signer, call, signing);
    if (mayCorrectClock && (await context.clock.learnFrom(answer)) && call.body.kind !== 'once') {
      mayCorrectClock = false;
      await discard(answer);
      continue;
    }
    let next: OutgoingCall | undefined;
    try {
      next = followRedirect(call, answer);
    } catch (error) {
      await discard(answer);
      throw error;
    }
    if (next === undefined) return answer;
    await discard(answer);
    if (++redirects > MAX_REDIRECTS) {
      throw new OAuth1Error('oauth1_too_many_redirects', `The provider redirected more than ${MAX_REDIRECTS} times.`);
    }
    call = next;
  }
}

/** @throws OAuth1Error `oauth1_insecure_transport` for http to anything but this machine */
export function assertSecure(url: URL): void {
  if (!isSecure(url)) throw new OAuth1Error('oauth1_insecure_transport', 'Credentials are sent over https only.');
}

async function sendOnce<Further extends string>(
  { options, origins }: SignedFetchContext<Further>,
  signer: Signer,
  call: OutgoingCall,
  signing: RequestSigningOptions,
): Promise<Response> {
  const body = textOf(call.body);
  const plain: UnsignedRequest = { method: call.method, url: call.url, headers: { ...call.headers } };
  if (body !== undefined) plain.body = body;
  const request = options.beforeSigning?.(plain) ?? plain;
  const url = parseHttpUrl(request.url);
  assertSecure(url);
  assertAllowedOrigin(url, origins);
  const placement = placementFor(request, options);
  const bodyHash = bodyHashFor(request, call, options);
  const protocolParameters = bodyHash ? { ...signing.protocolParameters, ...bodyHash } : signing.protocolParameters;
  const signed = signer.sign(request, {
    ...signing,
    placement,
    ...(protocolParameters === undefined ? {} : { protocolParameters }),
  });
  const isText = call.body.kind === 'text' || call.body.kind === 'none';
  return options.fetch(signed.url, {
    ...call.init,
    method: request.method,
    headers: signed.headers,
    body: isText ? (signed.body ?? null) : toBodyInit(call.body),
    redirect: 'manual',
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(call.body.kind === 'once' ? { duplex: 'half' } : {}),
  });
}

/** Parameters that cannot travel in this body go where GET requests have them (cap-B4). */
function placementFor<Further extends string>(request: UnsignedRequest, options: OAuth1ClientOptions<Further>) {
  const { placement = 'header' } = options;
  if (placement !== 'body') return placement;
  const isBodyless = /^(?:GET|HEAD)$/i.test(request.method);
  return !isBodyless && mediaTypeOf(contentTypeOf(request)) === FORM_TYPE ? 'body' : 'query';
}

/** The signer sees text only, so the hash of bytes is made here. */
function bodyHashFor<Further extends string>(
  request: UnsignedRequest,
  call: OutgoingCall,
  options: OAuth1ClientOptions<Further>,
): Record<string, string> | undefined {
  if (options.bodyHash !== true || mediaTypeOf(contentTypeOf(request)) === FORM_TYPE) return undefined;
  const hash = findSignatureMethod(options.signatureMethod ?? 'HMAC-SHA1', options.methods).bodyHash;
  const { body } = call;
  const content = body.kind === 'bytes' && body.bytes instanceof Uint8Array ? body.bytes : request.body?.toString();
  return { oauth_body_hash: hashBody(content, hash) };
}

function assertAllowedOrigin({ origin }: URL, allowed: ReadonlySet<string> | undefined): void {
  if (allowed !== undefined && !allowed.has(origin)) {
    throw new OAuth1Error('oauth1_origin_not_allowed', `${origin} is none of the origins of these credentials.`);
  }
}

/** An answer nobody reads would hold its connection. */
async function discard(answer: Response): Promise<void> {
  await answer.body?.cancel().catch(() => undefined);
}
