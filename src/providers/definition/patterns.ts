/** The regular expressions of definitions always concern a whole value. */

/** @param pattern as a definition holds it, without anchors; what is no regular expression fits nothing */
export function fits(pattern: string, value: string): boolean {
  return expressionOf(pattern)?.test(value) ?? false;
}

export function isPattern(pattern: string): boolean {
  return expressionOf(pattern) !== undefined;
}

function expressionOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    return undefined;
  }
}
