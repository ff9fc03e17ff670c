/** Waits for something that another process or request brings about. */

const PATIENCE_MS = 10_000;

/** @throws when it does not come about in time */
export async function until(condition: () => Promise<boolean> | boolean, patienceMs = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come about in time.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
