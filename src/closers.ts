/** What has to be closed at the end: all of it, the last one first, also where one of them fails. */
export class Closers {
  readonly #closers: (() => Promise<unknown>)[] = [];

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  /**
   * Never rejects; what is added meanwhile is closed too.
   * @returns what the ones that failed threw, in the order they were called
   */
  async close(): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }
}
