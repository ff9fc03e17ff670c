/** JSON for a person at a terminal: indented, names in a colour of their own. */
import { prettyJson } from '../../web/console/pretty-json.js';
import type { Paint } from './style.js';

/** Nobody reads more than this, and indented it could outgrow what a string holds, many times the size of what somebody sent. */
const READABLE_CHARACTERS = 1_000_000;

/** @param json a valid JSON text; a very long one stays as it is */
export function readableJson(json: string, paint: Paint = (_look, plain) => plain): string {
  return json.length > READABLE_CHARACTERS ? json : prettyJson(json, (name) => paint('cyan', name));
}
