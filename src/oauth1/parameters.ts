/**
 * Parameters on their way into a signature (RFC 5849 section 3.4.1.3): names and values in the one spelling of section
 * 3.6, duplicates, blanks and empty names kept, sorted byte by byte.
 */
import { percentDecode, percentEncode, respellFormEncoded } from './percent-encoding.js';

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
  for (const piece of encoded.split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    if (equals < 0) into.push({ name: respellFormEncoded(piece), value: '' });
    else
      into.push({
        name: respellFormEncoded(piece.slice(0, equals)),
        value: respellFormEncoded(piece.slice(equals + 1)),
      });
  }
}

/** The order of section 3.4.1.3.2: by encoded name, then by encoded value. */
export function compareParameters(one: EncodedParameter, other: EncodedParameter): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  if (one.value !== other.value) return one.value < other.value ? -1 : 1;
  return 0;
}

/** Parameters as they are written into a query or form body; sorted ones give the normalised string of 3.4.1.3.2. */
export function serializeParameters(parameters: readonly EncodedParameter[]): string {
  return parameters.map(({ name, value }) => `${name}=${value}`).join('&');
}

export function decodeParameter({ name, value }: EncodedParameter): Parameter {
  return [percentDecode(name), percentDecode(value)];
}

function escapePercent(encoded: string): string {
  return encoded.includes('%') ? encoded.replaceAll('%', '%25') : encoded;
}
