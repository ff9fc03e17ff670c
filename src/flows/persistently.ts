/** Storing a fresh grant: worth several tries, because its tokens exist nowhere else; given back when nothing helps. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseAway, type Grant, type Revoker } from '../connections/index.js';
import { isDatabaseUnavailable } from '../db/index.js';

const KEEP_TRYING_MS = 5_000;
const PAUSE_MS = 200;

/**
 * Tries for some seconds while the database is away, then revokes the grant, so that nothing half-made remains.
 * @throws DatabaseAway, and whatever else the work throws
 */
export async function persistently<T>(revoker: Revoker, grant: Grant, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + KEEP_TRYING_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      if (performance.now() > deadline) {
        await revoker.revoke(grant.provider, grant.credentials);
        throw new DatabaseAway({ cause: error });
      }
      await sleep(PAUSE_MS);
    }
  }
}
