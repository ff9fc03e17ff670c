/** JSON in which whole numbers keep every digit: account ids of some services are numbers beyond 2^53. */

/** A number written into JSON digit by digit. */
class WholeNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

// A private-use character marks the strings that become numbers; a text that contained one would at worst lose its quotes.
const mark = '\uE0F7';
const marked = new RegExp(`"${mark}(0|[1-9][0-9]*)"`, 'g');

/** The number with these digits, or the text itself where JSON knows no such number (letters, leading zeros). */
export function wholeNumber(text: string): WholeNumber | string {
  return /^(0|[1-9][0-9]*)$/.test(text) ? new WholeNumber(text) : text;
}

export function exactJson(value: unknown): string {
  const text = JSON.stringify(value, (_name, item: unknown) =>
    item instanceof WholeNumber ? mark + item.digits : item,
  );
  return text.replace(marked, '$1');
}
