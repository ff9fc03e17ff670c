/** Shows an address to a person: as text to click or copy, and as a QR code for a phone where it fits. */
import { encode } from 'uqr';
import type { Terminal } from '../terminal/terminal.js';

export function showAddress(terminal: Terminal, url: string, options: { qr: boolean }): void {
  terminal.say('');
  terminal.say(`  ${terminal.paintWords('cyan', url)}`);
  terminal.say('');
  const code = options.qr ? qrCode(url, terminal.wordsWidth ?? 0) : undefined;
  if (code !== undefined) terminal.say(`${code}\n`);
}

/**
 * Two modules in each character, light ones drawn: readable on dark and light terminals alike thanks to the border.
 * @param width columns there are
 * @returns undefined when it would not fit, because a folded code cannot be read
 */
export function qrCode(text: string, width: number): string | undefined {
  const { size, data } = encode(text, { ecc: 'L', border: 2 });
  if (size > width) return undefined;
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    let line = '';
    for (let column = 0; column < size; column += 1) {
      const upper = data[row]?.[column] !== true;
      const lower = data[row + 1]?.[column] !== true && row + 1 < size;
      line += upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }
    lines.push(line);
  }
  return lines.join('\n');
}
