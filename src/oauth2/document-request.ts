/** Fetches one public JSON document of a provider (metadata, key set): GET, no redirects, bounded, no credentials. */

import type { Fetch } from './options.js';
import { asRecord, parseJson } from './parse-json.js';
import { createRedactor, safeText } from './redaction.js';
import { mediaType, type RawResponse, readResponse } from './response-body.js';
import { assertSecureUrl } from './transport-security.js';

/** Hard limit for one document. */
const DOCUMENT_DEADLINE_MS = 10_000;

export interface FetchedDocument {
  readonly raw: RawResponse;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Why a document could not be had: evidence for the error of whoever wanted it. */
export class DocumentTrouble extends Error {
  readonly evidence: Readonly<Record<string, unknown>>;

  constructor(message: string, evidence: Readonly<Record<string, unknown>>) {
    super(message);
    this.evidence = evidence;
  }
}

/** @throws DocumentTrouble */
export async function fetchDocument(fetch: Fetch, url: string, what: string): Promise<FetchedDocument> {
  assertSecureUrl(url, what);
  const raw = await get(fetch, url, what);
  const evidence = { url, status: raw.status, contentType: mediaType(raw.headers) };
  if (raw.status !== 200) throw new DocumentTrouble(`The ${what} answered ${raw.status}.`, evidence);
  let fields: Readonly<Record<string, unknown>> | undefined;
  try {
    fields = asRecord(parseJson(raw.text));
  } catch {
    throw new DocumentTrouble(`The ${what} is not JSON.`, evidence);
  }
  if (!fields) throw new DocumentTrouble(`The ${what} is not a JSON object.`, evidence);
  return { raw, fields };
}

async function get(fetch: Fetch, url: string, what: string): Promise<RawResponse> {
  try {
    const signal = AbortSignal.timeout(DOCUMENT_DEADLINE_MS);
    return await readResponse(
      await fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal }),
    );
  } catch (error) {
    const reason = error instanceof Error ? safeText(`${error.name}: ${error.message}`, createRedactor([])) : 'unknown';
    throw new DocumentTrouble(`The ${what} could not be read.`, { url, reason });
  }
}
