/** A bar for long work, drawn over itself on a terminal; elsewhere a line now and then, so that a log tells how far it got. */
import type { Terminal } from './terminal.js';

export interface Progress {
  /** @param total may become known, or grow, on the way */
  at(done: number, total?: number): void;
  /** Clears the bar. */
  end(): void;
}

const BAR = 24;
const REDRAW_MS = 100;
const LOG_EVERY_MS = 10_000;

/** @param now milliseconds of any steady clock */
export function progress(terminal: Terminal, what: string, now: () => number = () => performance.now()): Progress {
  const width = terminal.wordsWidth;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const startedAt = now();
  return {
    at(done, total) {
      const time = now();
      if (width === undefined) {
        if (time - Math.max(drawnAt, startedAt) < LOG_EVERY_MS) return;
        drawnAt = time;
        terminal.say(`${what}: ${counted(done, total)}`);
        return;
      }
      if (time - drawnAt < REDRAW_MS && done !== total) return;
      drawnAt = time;
      drawn = true;
      terminal.draw(`\r\u001b[K${line(what, done, total, width)}`);
    },
    end() {
      if (drawn) terminal.draw('\r\u001b[K');
      drawn = false;
    },
  };
}

function line(what: string, done: number, total: number | undefined, width: number): string {
  const words = `${what} ${counted(done, total)}`;
  if (total === undefined || total === 0) return words.slice(0, width - 1);
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${String(Math.floor(share * 100)).padStart(3)} %`;
  return `${bar}  ${words}`.length < width ? `${bar}  ${words}` : words.slice(0, width - 1);
}

function counted(done: number, total: number | undefined): string {
  const figure = (count: number) => count.toLocaleString('en-GB');
  return total === undefined ? figure(done) : `${figure(done)} of ${figure(total)}`;
}
