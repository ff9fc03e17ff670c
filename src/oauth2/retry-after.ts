/** How long a provider asks to wait (RFC 9110 section 10.2.3): seconds, or a date. */

/** The one form of an HTTP-date that names no zone; it is UTC like the others (RFC 9110 section 5.6.7). */
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/**
 * @param headers of the answer; a date in it is measured against the provider's own clock, where it tells it
 * @param nowMs ms since the epoch, for a date without that
 * @returns ms, never negative; undefined when the header is missing or means nothing
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = httpDate(text);
  return at === undefined ? undefined : Math.max(0, at - (httpDate(headers.get('date')?.trim() ?? '') ?? nowMs));
}

function httpDate(text: string): number | undefined {
  // It begins with the day's name; Date.parse alone would also accept "-5" and "2e3".
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const at = Date.parse(ASCTIME.test(text) ? `${text} GMT` : text);
  return Number.isNaN(at) ? undefined : at;
}
