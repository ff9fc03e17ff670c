/** Reads a response body as text with a limit that counts the bytes that arrive: `Content-Length` is only what the sender claims. */
import { OAuth2ResponseError } from './errors.js';

/** Enough for any token answer, key set or profile; small enough to hold many at once. */
const RESPONSE_BYTES_LIMIT = 1024 * 1024;

/** An answer that has been read completely. It contains secrets when the request succeeded: do not log it. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * @param limitBytes the body is given up as soon as it is longer
 * @throws OAuth2ResponseError `oauth2_response_too_large`, or `oauth2_response_unreadable` for bytes that are no UTF-8
 */
export async function readResponse(response: Response, limitBytes = RESPONSE_BYTES_LIMIT): Promise<RawResponse> {
  const { status, headers } = response;
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body) {
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.byteLength;
      if (length > limitBytes) {
        // Not awaited: a source that does not react must not hold up the refusal.
        reader.cancel().catch(() => undefined);
        throw new OAuth2ResponseError('oauth2_response_too_large', `The answer is longer than ${limitBytes} bytes.`, {
          status,
          contentType: mediaType(headers),
          excerpt: '',
        });
      }
      chunks.push(value);
    }
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    return { status, headers, text };
  } catch {
    throw new OAuth2ResponseError('oauth2_response_unreadable', 'The answer is not UTF-8 text.', {
      status,
      contentType: mediaType(headers),
      excerpt: '',
    });
  }
}

/** Gives up a body that nobody will read. Not awaited, because a source may take its time or never confirm. */
export function discardBody(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

/** The media type in lower case without parameters; empty when there is none. */
export function mediaType(headers: Headers): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
