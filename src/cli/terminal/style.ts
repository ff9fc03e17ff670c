/** Colours and weights, only where a person looks on: not in pipes, not with NO_COLOR (no-color.org), not on a terminal that is "dumb". */
import type { Environment } from '../../environment.js';
import type { OutputStream } from './streams.js';

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Look = keyof typeof CODES;

/** Puts a look on a text, or leaves it as it is. */
export type Paint = (look: Look, text: string) => string;

export function hasColours(stream: OutputStream, environment: Environment): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

export function paintFor(stream: OutputStream, environment: Environment): Paint {
  if (!hasColours(stream, environment)) return (_look, text) => text;
  return (look, text) => {
    const [on, off] = CODES[look];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
