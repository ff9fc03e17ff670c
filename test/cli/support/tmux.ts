/** A real terminal: tmux runs a shell of a chosen size, types keys into it, and tells what stands on the screen. */
import { execFileSync } from 'node:child_process';
import { until } from '../../support/until.js';

export interface RealTerminal {
  /** Types text and presses Enter. */
  type(line: string): void;
  /** Presses a key by tmux's name, `C-c`. */
  press(key: string): void;
  /** What the screen shows, without colours; lines that the terminal folded are joined. */
  screen(): string;
  /** The same with escape sequences. */
  raw(): string;
  /** Waits until the screen shows this. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  resize(columns: number): void;
  close(): void;
}

const PATIENCE_MS = 60_000;
const LINES = 50;

export function openTerminal(
  columns: number,
  { cwd, environment }: { cwd: string; environment: Readonly<Record<string, string>> },
): RealTerminal {
  const name = `latchkey-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', name, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const { PATH = '', HOME = '' } = process.env;
  const variables = Object.entries({ PATH, HOME, PS1: '$ ', LANG: 'C.UTF-8', ...environment }).map(
    ([key, value]) => `${key}=${value}`,
  );
  const shell = ['env', '-i', 'TERM=tmux-256color', ...variables, 'sh'];
  tmux('-u', 'new-session', '-d', '-x', String(columns), '-y', String(LINES), '-c', cwd, ...shell);
  const screen = () => tmux('capture-pane', '-p', '-J').trimEnd();
  return {
    type: (line) => {
      tmux('send-keys', '-l', line);
      tmux('send-keys', 'Enter');
    },
    press: (key) => tmux('send-keys', key),
    screen,
    raw: () => tmux('capture-pane', '-p', '-e').trimEnd(),
    async shows(pattern) {
      let match: RegExpExecArray | null = null;
      try {
        await until(() => {
          match = pattern.exec(screen());
          return match !== null;
        }, PATIENCE_MS);
      } catch {
        throw new Error(`The screen never showed ${pattern}:\n${screen()}`);
      }
      return match ?? (pattern.exec(screen()) as RegExpExecArray);
    },
    resize: (width) => tmux('resize-window', '-x', String(width)),
    close: () => {
      try {
        tmux('kill-server');
      } catch {
        // It ends by itself with its last shell.
      }
    },
  };
}
