/**
 * What an API answered, as a page can show it: part of the header fields (sec-J6), and a body that is read up to a limit, masked, made readable
 * where it is JSON, and never anything but text (sec-J7). It is the provider's, or one of its users', so nothing in it is believed.
 */
import { parseJson } from '../../oauth2/index.js';
import { prettyJson } from './pretty-json.js';

export interface ShownAnswer {
  readonly status: number;
  readonly tookMs: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Where it redirects to, which was not followed: to the same service, or away from it. */
  readonly redirect: 'same' | 'other' | undefined;
  readonly body: ShownBody;
}

export type ShownBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'binary'; readonly bytes: number; readonly type: string; readonly cut: boolean }
  | { readonly kind: 'json' | 'text'; readonly bytes: number; readonly text: string; readonly cut: boolean };

/** Of a longer body the rest is not even fetched. */
const MAX_READ_BYTES = 512 * 1024;
const MAX_SHOWN_CHARACTERS = 100_000;
/** At the end of a body that was cut, half a secret may stand, which nobody would recognise. */
const TAIL_CHARACTERS = 8_192;
const MAX_HEADER_CHARACTERS = 500;

const SHOWN_HEADERS: ReadonlySet<string> = new Set([
  'age',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'deprecation',
  'etag',
  'expires',
  'last-modified',
  'retry-after',
  'server-timing',
  'sunset',
  'vary',
]);
/** How many calls are left, which version answered, and the id to quote to the provider. */
const SHOWN_PATTERN = /rate-?limit|-version$|request-?id$|trace-?id$/;

/**
 * @param answer unread; its body is read here
 * @param url where the call went
 * @param mask takes the secrets out of a text
 * @throws HttpError when the answer breaks off or takes too long
 */
export async function shownAnswer(
  answer: Response,
  { url, tookMs, mask }: { url: string; tookMs: () => number; mask: (text: string) => string },
): Promise<ShownAnswer> {
  const { bytes, cut } = await readSome(answer);
  return {
    status: answer.status,
    tookMs: tookMs(),
    headers: [...answer.headers]
      .filter(([name]) => SHOWN_HEADERS.has(name) || SHOWN_PATTERN.test(name))
      .map(([name, value]) => [name, visible(mask(value)).slice(0, MAX_HEADER_CHARACTERS)] as const),
    redirect: redirectOf(answer, url),
    body: shownBody(bytes, cut, answer.headers.get('content-type') ?? '', mask),
  };
}

async function readSome({ body }: Response): Promise<{ bytes: Buffer; cut: boolean }> {
  if (!body) return { bytes: Buffer.alloc(0), cut: false };
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: Buffer.concat(chunks), cut: false };
    chunks.push(value);
    length += value.byteLength;
    if (length < MAX_READ_BYTES) continue;
    await reader.cancel();
    return { bytes: Buffer.concat(chunks).subarray(0, MAX_READ_BYTES), cut: true };
  }
}

function shownBody(bytes: Buffer, cut: boolean, contentType: string, mask: (text: string) => string): ShownBody {
  if (bytes.length === 0) return { kind: 'none' };
  const text = decoded(bytes, contentType, cut);
  if (text === undefined) {
    const [type = ''] = contentType.split(';');
    return { kind: 'binary', bytes: bytes.length, type: visible(mask(type.trim())).slice(0, 100), cut };
  }
  const masked = cut ? mask(text).slice(0, -TAIL_CHARACTERS) : mask(text);
  const isJson = !cut && parses(masked);
  const whole = visible(isJson ? prettyJson(masked) : masked);
  const shown = whole.slice(0, MAX_SHOWN_CHARACTERS);
  return { kind: isJson ? 'json' : 'text', bytes: bytes.length, text: shown, cut: cut || shown.length < whole.length };
}

/** @returns undefined for what is no text in its own encoding */
function decoded(bytes: Buffer, contentType: string, cut: boolean): string | undefined {
  const charset = /;\s*charset="?([\w-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    // The last character of what was cut may be half there.
    const text = new TextDecoder(charset, { fatal: true }).decode(bytes, { stream: cut });
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function parses(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

/** Controls, and marks that turn the direction of writing, could make a text look like another one. */
function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

function redirectOf({ status, headers }: Response, url: string): 'same' | 'other' | undefined {
  const location = headers.get('location');
  if (status < 300 || status > 399 || location === null) return undefined;
  const leads = URL.canParse(location, url) ? new URL(location, url).origin : undefined;
  return leads === new URL(url).origin ? 'same' : 'other';
}
