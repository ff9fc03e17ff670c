/** How long a provider asks to wait (RFC 9110 section 10.2.3): seconds, or a date. */

/**
 * @param value the header as it came
 * @param nowMs ms since the epoch, for the date form
 * @returns ms, never negative; undefined when the header is missing or means nothing
 */
export function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // An HTTP-date begins with the day's name; Date.parse alone would also accept "-5" and "2e3".
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
