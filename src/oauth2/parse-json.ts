/**
 * JSON from providers without damage: integers beyond 2^53 stay exact, as strings (account ids are 64-bit numbers at several providers, and
 * JSON.parse would round two people to the same id), and nesting is limited, because later walks over the value are recursive.
 */

const DEPTH_LIMIT = 64;
const LONG_NUMBER = /\d{16}/;

/**
 * Parses JSON text (RFC 8259).
 * @returns the value; an integer literal that a double cannot hold exactly becomes a string with the same digits
 * @throws SyntaxError when the text is no JSON, or nested deeper than 64 levels. The message never quotes the text.
 */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // From here on the text is known to be valid, so the scan below may be naive about grammar.
    const exact = quoteUnsafeIntegers(text);
    return exact === text ? value : JSON.parse(exact);
  } catch (error) {
    if (error instanceof NestedTooDeep) throw new SyntaxError(error.message);
    // The engine's own message quotes the text, which may hold a token.
    throw new SyntaxError('The text is not valid JSON.');
  }
}

class NestedTooDeep extends Error {}

function quoteUnsafeIntegers(text: string): string {
  const mayHoldLongNumbers = LONG_NUMBER.test(text);
  let result = '';
  let copied = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
    } else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > DEPTH_LIMIT) throw new NestedTooDeep(`The JSON is nested deeper than ${DEPTH_LIMIT} levels.`);
    } else if (character === '}' || character === ']') {
      depth -= 1;
    } else if (mayHoldLongNumbers && character !== undefined && isNumberStart(character)) {
      const end = endOfNumber(text, at);
      const literal = text.slice(at, end);
      if (/^-?\d+$/.test(literal) && !Number.isSafeInteger(Number(literal))) {
        result += `${text.slice(copied, at)}"${literal}"`;
        copied = end;
      }
      at = end - 1;
    }
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/** Index of the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && /[\d.eE+-]/.test(text[at] ?? '')) at += 1;
  return at;
}

function isNumberStart(character: string): boolean {
  return character === '-' || (character >= '0' && character <= '9');
}

/** A JSON object as a record, or undefined for arrays, null and scalars. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/**
 * The value at a dotted path such as `errors.0.errorType`, or at a JSON Pointer (RFC 6901) such as `/https:~1~1claims~1id`; own properties only,
 * so that a hostile name never reaches a prototype.
 * @returns undefined when any step is missing
 */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const step of stepsOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** The names along a dotted path or JSON Pointer. */
export function stepsOf(path: string): readonly string[] {
  if (!path.startsWith('/')) return path.split('.');
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
