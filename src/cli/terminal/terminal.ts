/** What a command writes on and asks at. Results go to stdout, words for people to stderr, so that a pipe carries results only. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Environment } from '../../environment.js';
import { Cancelled, CliFailure } from '../failure.js';
import type { InputStream, OutputStream, Streams } from './streams.js';
import { type Paint, paintFor } from './style.js';

const NARROWEST = 20;

export interface AskOptions {
  readonly hidden?: boolean;
  readonly piped?: boolean;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

export class Terminal {
  readonly input: InputStream;
  readonly output: OutputStream;
  /** A person can be asked: they type here, and see the question. */
  readonly interactive: boolean;
  /** A person reads the results. */
  readonly resultsAreSeen: boolean;
  /** For results. */
  readonly paint: Paint;
  /** For words. */
  readonly paintWords: Paint;
  readonly #words: OutputStream;
  readonly #signal: AbortSignal;

  constructor(streams: Streams, environment: Environment, signal: AbortSignal) {
    this.input = streams.input;
    this.output = streams.output;
    this.#words = streams.words;
    this.#signal = signal;
    this.interactive = streams.input.isTTY === true && streams.words.isTTY === true;
    this.resultsAreSeen = streams.output.isTTY === true;
    this.paint = paintFor(streams.output, environment);
    this.paintWords = paintFor(streams.words, environment);
  }

  /** Columns that results may take; undefined in a pipe. */
  get width(): number | undefined {
    return this.resultsAreSeen ? Math.max(this.output.columns ?? 80, NARROWEST) : undefined;
  }

  /** Columns for words; undefined when nobody sees them as they come. */
  get wordsWidth(): number | undefined {
    return this.#words.isTTY === true ? Math.max(this.#words.columns ?? 80, NARROWEST) : undefined;
  }

  /** A line (or several) of the result. */
  result(text: string): void {
    this.output.write(`${text}\n`);
  }

  /** A line for people. */
  say(text: string): void {
    this.#words.write(`${text}\n`);
  }

  /** As it is, without a line's end: for what is drawn over again. */
  draw(text: string): void {
    this.#words.write(text);
  }

  /**
   * Asks for one line.
   * @param options.hidden what is typed is not shown
   * @param options.piped a program may answer: without a terminal, a line of the input is taken
   * @throws Cancelled on Ctrl-C, CliFailure when the input ends or nobody can be asked
   */
  async ask(question: string, options: AskOptions = {}): Promise<string> {
    if (!this.interactive && !options.piped) {
      throw new CliFailure('nobody_to_ask', `There is no terminal to ask at: ${question}`, 'Give it as an option.');
    }
    const prompt = `${this.paintWords('bold', question)} `;
    if (options.hidden) this.#words.write(prompt);
    const reader = createInterface({
      input: this.input,
      output: options.hidden ? muted() : this.#words,
      terminal: this.interactive,
      prompt: options.hidden ? '' : prompt,
    });
    const signals = [this.#signal, ...(options.signal ? [options.signal] : [])];
    const listening = new AbortController();
    try {
      return await new Promise<string>((resolve, reject) => {
        const stop = (signal: AbortSignal) => () => reject(this.#signal.aborted ? new Cancelled() : signal.reason);
        for (const signal of signals) {
          if (signal.aborted) stop(signal)();
          else signal.addEventListener('abort', stop(signal), { signal: listening.signal });
        }
        reader.once('line', (line) => resolve(line.trim()));
        reader.once('SIGINT', () => reject(new Cancelled()));
        reader.once('close', () =>
          reject(new CliFailure('input_ended', 'The input ended before the question was answered.')),
        );
        reader.prompt();
      });
    } catch (error) {
      // Whatever was typed so far, the next words begin on a line of their own.
      if (!options.hidden) this.#words.write('\n');
      throw error;
    } finally {
      listening.abort();
      if (options.hidden) this.#words.write('\n');
      reader.close();
    }
  }

  /** Yes or no; nothing typed means `no`. */
  async confirm(question: string): Promise<boolean> {
    for (;;) {
      const answer = (await this.ask(`${question} [y/N]`)).toLowerCase();
      if (['y', 'yes'].includes(answer)) return true;
      if (['', 'n', 'no'].includes(answer)) return false;
      this.say('Please answer y or n.');
    }
  }
}

/** Swallows what readline would echo. */
function muted(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
