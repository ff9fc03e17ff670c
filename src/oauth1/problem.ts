/** Looks for the provider's own word in an answer to a signed call. */
import { readLimitedText } from './limited-body.js';
import { problemOf } from './token-response.js';

const MAX_PEEKED_BYTES = 8 * 1024;

/**
 * @param answer stays readable
 * @returns `token_rejected`, `timestamp_refused` … of the problem reporting extension, or what the service says in its place, such as a code
 */
export async function problemIn(answer: Response): Promise<string | undefined> {
  const headers = Object.fromEntries(answer.headers);
  return problemOf(headers, '') ?? problemOf(headers, (await readLimitedText(answer.clone(), MAX_PEEKED_BYTES)) ?? '');
}
