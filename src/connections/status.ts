/** The status people see: the stored one, or `misconfigured` while the provider refuses our client. */
import type { Connection } from '../db/index.js';
import { appId } from './provider-apps.js';

export type ShownStatus = 'active' | 'retrying' | 'reconnect_required' | 'misconfigured';

/** @param refused ids of the provider apps that are refused at the moment */
export function shownStatus(
  connection: Pick<Connection, 'provider' | 'sandbox' | 'status'>,
  refused: ReadonlySet<string>,
): ShownStatus {
  const id = appId({ id: connection.provider, sandbox: connection.sandbox });
  // A dead grant stays the person's to mend even while the operator has something to mend too.
  if (connection.status !== 'reconnect_required' && refused.has(id)) return 'misconfigured';
  return connection.status;
}
