/**
 * Records the active key again while a process seals with it, because a rotation forgets every key that no row needs at that moment, also one
 * that an instance still has in front (sec-S15). And it notices when another instance seals with a key that this ring lacks.
 */
import { type FingerprintStore, reaffirmKeys, VaultKeyMissing } from './key-check.js';
import type { Vault } from './vault.js';

/** Does something every so many ms until what it returns is called. */
export type Repeat = (work: () => void, everyMs: number) => () => void;

export interface KeyWatchOptions {
  readonly vault: Vault;
  readonly store: FingerprintStore;
  /** Told once of each key that is in use and not in the ring, and again when it was there in between. */
  readonly onMissing: (error: VaultKeyMissing) => void;
  /** Told why a look failed; the next one comes anyway. */
  readonly onFailure: (error: unknown) => void;
  /** Default a timer that keeps no process alive. */
  readonly repeat?: Repeat | undefined;
}

const EVERY_MS = 60_000;

export class KeyWatch {
  readonly #options: KeyWatchOptions;
  #end: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #missing: string | undefined;

  constructor(options: KeyWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#end ??= (this.#options.repeat ?? unreferenced)(() => {
      this.#looking = this.#looking.then(() => this.look());
    }, EVERY_MS);
  }

  /** Resolves when a look under way has ended. */
  async stop(): Promise<void> {
    this.#end?.();
    this.#end = undefined;
    await this.#looking;
  }

  /** One look; never throws. */
  async look(): Promise<void> {
    const { vault, store, onMissing, onFailure } = this.#options;
    try {
      await reaffirmKeys(vault, store);
      this.#missing = undefined;
    } catch (error) {
      if (!(error instanceof VaultKeyMissing)) return onFailure(error);
      if (error.message !== this.#missing) onMissing(error);
      this.#missing = error.message;
    }
  }
}

function unreferenced(work: () => void, everyMs: number): () => void {
  const timer = setInterval(work, everyMs).unref();
  return () => clearInterval(timer);
}
