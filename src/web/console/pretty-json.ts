/**
 * Indents JSON without reading its values: what is shown is what was sent, down to long numbers, which a parser would round, and repeated names,
 * of which it would keep one.
 */

const INDENT = '  ';
/** Deeper levels stand where this one does, so that a nest of brackets does not become a page of spaces. */
const MAX_INDENTED = 20;

/**
 * @param json a valid JSON text
 * @param paintName gives the names of members, with their quotation marks, a look of their own
 */
export function prettyJson(json: string, paintName: (name: string) => string = (name) => name): string {
  let depth = 0;
  let pretty = '';
  const line = () => `\n${INDENT.repeat(Math.min(depth, MAX_INDENTED))}`;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[[{]\s*[\]}]|[{}[\],]|[^\s"{}[\],:]+/g)) {
    if (/^[[{]\s*[\]}]$/.test(token)) {
      pretty += `${token[0]}${token.at(-1)}`;
    } else if (token === '{' || token === '[') {
      depth += 1;
      pretty += token + line();
    } else if (token === '}' || token === ']') {
      depth -= 1;
      pretty += line() + token;
    } else if (token === ',') {
      pretty += token + line();
    } else if (token.endsWith(':')) {
      pretty += `${paintName(token.slice(0, token.lastIndexOf('"') + 1))}: `;
    } else {
      pretty += token;
    }
  }
  return pretty;
}
