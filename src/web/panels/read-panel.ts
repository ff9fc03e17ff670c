/** Asks the provider for what a panel shows. Whatever it answers is a state of the panel, never a failure of the page; only faults of our own are that. */
import type { ConnectionClient } from '../../connections/index.js';
import type { Provider } from '../../providers/index.js';
import { daysUntil, ReadingFailed, read } from '../../readers/index.js';
import { troubleOf } from '../call-trouble.js';
import type { Times } from '../times.js';
import { dayNames } from './day-names.js';
import { afterRefusal, canAllow, type Panel, type PanelState, type Readable } from './panel.js';
import { shownReading } from './shown-reading.js';

export interface ReadPanelOptions {
  readonly provider: Provider;
  readonly times: Times;
  /** ms since the epoch */
  readonly now: () => number;
  /** After so many ms the panel stays as it is, and is asked for again by the page. */
  readonly patienceMs: number;
}

/** Two weeks: a rhythm shows, and each day is still wide enough to be touched on a phone. */
const DAYS = 14;

export async function readPanel(
  client: ConnectionClient,
  readable: Readable,
  { provider, times, now, patienceMs }: ReadPanelOptions,
): Promise<Panel> {
  const { id, reader } = readable;
  const signal = AbortSignal.timeout(patienceMs);
  const days = daysUntil(times.isoDay(new Date(now())), DAYS);
  const { rateLimit } = provider.definition.api;
  const state = await read(client, reader, days, { signal, now, ...(rateLimit ? { rateLimit } : {}) }).then(
    (reading): PanelState => {
      const shown = shownReading(reading, days);
      return shown ? { state: 'shown', shown } : { state: 'empty', span: dayNames.span(days) };
    },
    (error: unknown): PanelState => {
      if (!(error instanceof ReadingFailed)) throw error;
      const { failure, retryAt, cause } = error;
      if (failure === 'unavailable' && cause !== undefined && troubleOf(cause) === undefined) throw cause;
      if (failure === 'not_permitted') return { state: failure, canAllow: canAllow(provider) };
      if (failure === 'refused') return afterRefusal(provider, readable, client.connection.scopes);
      if (failure === 'rate_limited') {
        return { state: failure, retryAt: retryAt && times.clock(retryAt, new Date(now())) };
      }
      if (failure === 'unavailable' && signal.aborted) return { state: 'waiting' };
      return { state: failure };
    },
  );
  return { id, kind: reader.kind, state };
}
