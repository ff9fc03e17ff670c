/** A connection that can be called, with what only has to be worked out once for each of its credentials. */
import { fillText } from '../providers/index.js';
import type { ApiTarget } from './api-call.js';
import type { UsableConnection } from './refresher.js';

export interface Ready {
  readonly usable: UsableConnection;
  /** From then on a refresh is due, ms since the epoch. */
  readonly dueAt: number;
  readonly headers: ApiTarget['headers'];
}

/** With the prepared session of the same credentials, where they have not changed since. */
export function readyWith(usable: UsableConnection, previous: Ready | undefined): Ready {
  const { row } = usable;
  const unchanged = previous?.usable.row.credentials === row.credentials;
  return {
    usable: unchanged ? { ...previous.usable, row } : usable,
    dueAt: Math.min(...[row.refreshAt, row.expiresAt].map((date) => date?.getTime() ?? Number.POSITIVE_INFINITY)),
    headers: headersOf(usable),
  };
}

/** The definition's own headers, with our client's and the account's values in their places. */
function headersOf({ provider, row, credentials }: UsableConnection): ApiTarget['headers'] {
  const { headers } = provider.definition.api;
  if (!headers) return undefined;
  const { clientId, clientSecret } = provider.client;
  const own = { clientId, clientSecret, subject: row.subject };
  const filled = fillText(headers, { ...credentials.details?.kept, ...own });
  return Object.fromEntries(Object.entries(filled).map(([name, value]) => [name.toLowerCase(), value]));
}
