/** Reads a response's text up to a limit: what comes from a provider may be endless. */

/**
 * @returns undefined when the body is longer than `maxBytes`; the rest is then not read
 * @throws what the body's stream fails with, and the signal's reason
 */
export async function readLimitedText(
  response: Response,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const stop = () => void reader.cancel(signal?.reason).catch(() => undefined);
  // An abort that came before the listener would never be heard of again.
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      size += step.value.byteLength;
      if (size > maxBytes) {
        stop();
        return undefined;
      }
      chunks.push(step.value);
    }
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  return Buffer.concat(chunks).toString('utf8');
}
