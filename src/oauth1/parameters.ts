/**
 * Parameters on their way into a signature (RFC 5849 section 3.4.1.3): names and values in the one spelling of section
 * 3.6, duplicates, blanks and empty names kept, sorted byte by byte.
 */
import { percentDecode, percentEncode, respellFormEncoded } from './percent-encoding.js';

/** A character that is spelled differently in a signature, or a "=" inside a value. */
const NEEDS_RESPELLING = /[^A-Za-z0-9\-._~=&]|=[^&=]*=/;

/** The parameter that carries the signature and is never signed itself (section 3.4.1.3.1). */
export const SIGNATURE = 'oauth_signature';

/** A parameter whose name and value are percent-encoded, and therefore ASCII. */
export interface EncodedParameter {
  readonly name: string;
  readonly value: string;
}

/** A protocol parameter (section 3.1). Most of them never change, so the form they have in a base string is kept too. */
export interface ProtocolField extends EncodedParameter {
  /** Name, "=" and value, percent-encoded a second time. */
  readonly signed: string;
}

/** One parameter as people know it. */
export type Parameter = readonly [name: string, value: string];

/** @param value text, not yet encoded */
export function protocolField(name: string, value: string): ProtocolField {
  return toProtocolField({ name: percentEncode(name), value: percentEncode(value) });
}

/** The same for names and values that need no encoding. */
export function unreservedField(name: string, value: string): ProtocolField {
  return { name, value, signed: `${name}%3D${value}` };
}

/** Adds the form a parameter has in a base string. */
export function toProtocolField(parameter: EncodedParameter): ProtocolField {
  return { name: parameter.name, value: parameter.value, signed: signedForm(parameter) };
}

/** `name=value` as a base string holds it. Encoding what is encoded already changes only "%" and, here, the "=". */
export function signedForm({ name, value }: EncodedParameter): string {
  return `${escapePercent(name)}%3D${escapePercent(value)}`;
}

/**
 * Adds the parameters of a query or form body to `into`. `&&` holds none; only the first "=" separates; ";" is data.
 *
 * @param encoded form-encoded text as it is on the wire
 */
export function collectFormEncoded(encoded: string, into: EncodedParameter[]): void {
  if (encoded === '') return;
  // Most queries need no respelling at all; one look at the whole is cheaper than one at every part.
  const respell = NEEDS_RESPELLING.test(encoded) ? respellFormEncoded : keep;
  for (const piece of encoded.split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    if (equals < 0) into.push({ name: respell(piece), value: '' });
    else into.push({ name: respell(piece.slice(0, equals)), value: respell(piece.slice(equals + 1)) });
  }
}

/** The order of section 3.4.1.3.2: by encoded name, then by encoded value. */
export function compareParameters(one: EncodedParameter, other: EncodedParameter): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  if (one.value !== other.value) return one.value < other.value ? -1 : 1;
  return 0;
}

/** Sorts in place, unless it is done already, which short hand-written queries often are. */
export function sortParameters(parameters: EncodedParameter[]): void {
  for (let index = 1; index < parameters.length; index++) {
    const [before, after] = [parameters[index - 1], parameters[index]];
    if (before !== undefined && after !== undefined && compareParameters(before, after) > 0) {
      parameters.sort(compareParameters);
      return;
    }
  }
}

/** Parameters as they are written into a query or form body; sorted ones give the normalised string of 3.4.1.3.2. */
export function serializeParameters(parameters: readonly EncodedParameter[]): string {
  return parameters.map(({ name, value }) => `${name}=${value}`).join('&');
}

/** Back to text. */
export function decodeParameter({ name, value }: EncodedParameter): Parameter {
  return [percentDecode(name), percentDecode(value)];
}

function escapePercent(encoded: string): string {
  return encoded.includes('%') ? encoded.replaceAll('%', '%25') : encoded;
}

function keep(text: string): string {
  return text;
}
