/** The regular expressions of definitions always concern a whole value. */

/** @param pattern as a definition holds it, without anchors; what is no regular expression fits nothing */
export function fits(pattern: string, value: string): boolean {
  return expressionOf(pattern)?.test(value) ?? false;
}

/** @returns what the pattern's first group holds in a value that fits it */
export function captured(pattern: string, value: string): string | undefined {
  return expressionOf(pattern)?.exec(value)?.[1];
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
