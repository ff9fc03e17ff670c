/** How objects that hold secrets print: by name, with nothing readable in them. */

export const REDACTED = '[redacted]';

/** What `util.inspect` and `JSON.stringify` get to see of an object with a token and its secret. */
export function redactedView(visible: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { token: REDACTED, tokenSecret: REDACTED, ...visible };
}
