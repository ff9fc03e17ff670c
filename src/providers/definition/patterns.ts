/** The regular expressions of definitions always concern a whole value. */

/** @param pattern as a definition holds it, without anchors */
export function fits(pattern: string, value: string): boolean {
  return new RegExp(`^(?:${pattern})$`, 'u').test(value);
}
