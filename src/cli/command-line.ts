/** What every command is handed: the terminal, the installation it works on, and a place to say what has to be closed at the end. */
import { Closers } from '../closers.js';
import { createDataDirectory } from '../data-directory.js';
import { type Database, type OpenDatabaseOptions, openDatabase } from '../db/index.js';
import type { Environment } from '../environment.js';
import { type Installation, readInstallation } from '../installation.js';
import { EXIT } from './failure.js';
import { readableJson } from './terminal/readable-json.js';
import type { Streams } from './terminal/streams.js';
import { Terminal } from './terminal/terminal.js';
import { visible } from './terminal/visible.js';

export interface CommandLineOptions {
  readonly streams: Streams;
  readonly environment: Environment;
  /** Aborted when the person presses Ctrl-C or the process is told to stop. */
  readonly signal: AbortSignal;
  /** From now on the command looks after signals itself. */
  readonly leaveSignals: () => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Opens the database; a test lends its own. */
  readonly openDatabase?: (options: OpenDatabaseOptions) => Promise<Database>;
}

export class CommandLine {
  readonly environment: Environment;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly leaveSignals: () => void;
  readonly now: () => number;
  /** `--json`: results are one JSON document, and nobody is asked anything. */
  json = false;
  /** For commands whose result can be printed and still be no success. */
  exitCode: number = EXIT.success;
  readonly #openDatabase: (options: OpenDatabaseOptions) => Promise<Database>;
  readonly #closers = new Closers();
  #installation: Installation | undefined;

  constructor(options: CommandLineOptions) {
    this.environment = options.environment;
    this.signal = options.signal;
    this.leaveSignals = options.leaveSignals;
    this.now = options.now ?? Date.now;
    this.#openDatabase = options.openDatabase ?? openDatabase;
    this.terminal = new Terminal(options.streams, options.environment, options.signal);
  }

  /**
   * What the environment says, read once.
   * @throws InvalidConfiguration
   */
  get installation(): Installation {
    this.#installation ??= readInstallation(this.environment);
    return this.#installation;
  }

  /**
   * The installation's database as it is, closed again when the command ends.
   * @param command what another process is told is running, `latchkey call`
   * @throws DataDirectoryLocked when a running server has the embedded database, and the other errors of opening one
   */
  async openDatabase(command: string): Promise<Database> {
    const { databaseUrl, dataDir } = this.installation.config;
    if (!databaseUrl) createDataDirectory(dataDir);
    const database = await this.#openDatabase({
      ...(databaseUrl ? { url: databaseUrl } : { dataDir }),
      command,
      log: { warn: (_details, message) => this.terminal.say(`Note: ${message}`) },
    });
    this.defer(() => database.close());
    return database;
  }

  /** The result, in the shape that was asked for. @param text made only when it is wanted */
  show(value: unknown, text: () => string): void {
    // On a terminal control characters are spelled out, which JSON reads as the same.
    if (this.json && this.terminal.resultsAreSeen) this.terminal.result(readableJson(visible(JSON.stringify(value))));
    else if (this.json) this.terminal.result(JSON.stringify(value));
    else this.terminal.result(text());
  }

  /** Is closed when the command has ended, however it did; the last one first. */
  defer(close: () => Promise<unknown>): void {
    this.#closers.add(close);
  }

  /** @throws what the first closer that failed threw, when all have been called */
  async close(): Promise<void> {
    const failures = await this.#closers.close();
    if (failures.length > 0) throw failures[0];
  }
}
