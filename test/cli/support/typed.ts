/** Types command lines in this process: streams of the test's own, a database lent by it, and a person who reads and answers. */
import { PassThrough } from 'node:stream';
import { run } from '../../../src/cli/run.js';
import type { InputStream, OutputStream } from '../../../src/cli/terminal/streams.js';
import type { Database } from '../../../src/db/index.js';
import { until } from '../../support/until.js';

export interface Typed {
  /** What was written so far. */
  readonly out: () => string;
  readonly words: () => string;
  /** Types a line. */
  answer(line: string): void;
  /** Waits until the words hold this. @returns what it matched */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Presses Ctrl-C. */
  cancel(): void;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number>;
}

export interface TypingOptions {
  readonly database?: Database;
  readonly environment?: Readonly<Record<string, string>>;
  /** Columns; all three streams are then a terminal. */
  readonly terminal?: number;
  readonly input?: string | Buffer;
  readonly now?: () => number;
}

export function type(args: readonly string[], options: TypingOptions = {}): Typed {
  const { terminal, database } = options;
  const input: InputStream = Object.assign(
    new PassThrough(),
    terminal ? { isTTY: true, setRawMode: () => undefined } : {},
  );
  const output = sink(terminal);
  const words = sink(terminal);
  if (options.input !== undefined) (input as PassThrough).end(options.input);
  const interruption = new AbortController();
  const ended = run(args, {
    streams: { input, output: output.stream, words: words.stream },
    environment: options.environment ?? {},
    signal: interruption.signal,
    leaveSignals: () => undefined,
    ...(options.now ? { now: options.now } : {}),
    ...(database ? { openDatabase: async () => ({ ...database, close: async () => undefined }) } : {}),
  });
  return {
    out: output.text,
    words: words.text,
    answer: (line) => (input as PassThrough).write(`${line}\r`),
    async says(pattern) {
      let match: RegExpExecArray | null = null;
      let over = false;
      ended.then(() => {
        over = true;
      });
      await until(() => {
        match = pattern.exec(words.text());
        if (match === null && over) throw new Error(`It ended without saying ${pattern}:\n${words.text()}`);
        return match !== null;
      });
      return match ?? (pattern.exec(words.text()) as RegExpExecArray);
    },
    cancel: () => interruption.abort(),
    ended,
  };
}

/** Types it and waits for its end. */
export async function typed(args: readonly string[], options: TypingOptions = {}) {
  const command = type(args, options);
  const code = await command.ended;
  return { code, out: command.out(), words: command.words() };
}

function sink(terminal: number | undefined): { stream: OutputStream; text: () => string } {
  let text = '';
  const stream = new PassThrough();
  stream.on('data', (chunk) => {
    text += chunk;
  });
  return { stream: Object.assign(stream, terminal ? { isTTY: true, columns: terminal } : {}), text: () => text };
}
