/** Text from elsewhere on its way to a terminal: control characters could move the cursor, change what was printed, or answer for the person. */

/** @returns the text with every control and bidirectional character spelled out; line feeds and tabs stay */
export function visible(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** For one cell or one sentence: line feeds and tabs are spelled out too. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}
