/** Fetches until something fails and hands back the failure, so that a test can look at all of it. */
import { HttpError } from '../../src/http/index.js';

/** The `HttpError` with which `work` rejects; anything else fails the test. */
export async function failure(work: Promise<unknown>): Promise<HttpError> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof HttpError) return outcome.error;
  throw new Error('expected an HttpError', { cause: outcome });
}
