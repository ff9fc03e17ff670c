/** Calls worth trying, from the provider's definition: whose account it is, and the samples of data that the connection page reads. */
import type { Provider } from '../../providers/index.js';
import { dayOf, daysUntil, readerNamed } from '../../readers/index.js';
import { pageTexts } from '../texts.js';
import { placeOf } from './target.js';

export interface Suggestion {
  readonly title: string;
  readonly method: string;
  readonly base: number;
  readonly path: string;
  readonly body: string;
}

/** So many days of what is measured by day. */
const DAYS = 7;

/** @param nowMs for the days that samples ask for */
export function suggestionsFor(
  { definition }: Provider,
  bases: readonly string[],
  { subject, nowMs }: { subject: string; nowMs: number },
): readonly Suggestion[] {
  const { profile, readings = [] } = definition;
  const profiles =
    profile.style === 'introspection' ? [] : [profile.url, ...(profile.more ?? []).map(({ url }) => url)];
  const calls = profiles.flatMap((url, index): readonly Suggestion[] => {
    const place = url === undefined ? undefined : placeOf(bases, url);
    // What waits for a value that only the connection knows cannot be written out here.
    if (!place || place.path.includes('{')) return [];
    const title = index === 0 ? pageTexts.console.profile : pageTexts.console.moreProfile;
    return [{ title, method: profile.method ?? 'GET', base: place.base, path: place.path, body: '' }];
  });
  const samples = readings.flatMap(({ reader: name }): readonly Suggestion[] => {
    const reader = readerNamed(name);
    if (!reader) return [];
    const { path, body } = reader.request(subject, daysUntil(dayOf(nowMs), DAYS));
    const { title } = pageTexts.panels.kinds[reader.kind];
    if (body === undefined) return [{ title, method: 'GET', base: 0, path, body: '' }];
    return [{ title, method: 'POST', base: 0, path, body: JSON.stringify(body, null, 2) }];
  });
  return [...calls, ...samples];
}
