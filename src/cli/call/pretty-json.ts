/** Indents JSON without reading its values: numbers beyond 2^53 and unusual spellings stay as the provider sent them. */
import type { Paint } from '../terminal/style.js';

const TOKEN = /\s+|"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gy;

/**
 * @param paint names and punctuation get a look of their own
 * @returns undefined when the text is no JSON
 */
export function prettyJson(text: string, paint: Paint = (_look, plain) => plain): string | undefined {
  if (!isJson(text)) return undefined;
  const tokens = (text.match(TOKEN) ?? []).filter((token) => token.trim() !== '');
  let result = '';
  let depth = 0;
  const newLine = () => `\n${'  '.repeat(depth)}`;
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    if (token === '{' || token === '[') {
      const empty = next === '}' || next === ']';
      if (!empty) depth += 1;
      result += empty ? token : token + newLine();
    } else if (token === '}' || token === ']') {
      const empty = tokens[index - 1] === '{' || tokens[index - 1] === '[';
      if (!empty) depth -= 1;
      result += empty ? token : newLine() + token;
    } else if (token === ',') {
      result += token + newLine();
    } else if (token === ':') {
      result += ': ';
    } else {
      result += next === ':' ? paint('cyan', token) : token;
    }
  }
  return result;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
