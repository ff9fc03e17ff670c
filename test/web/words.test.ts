/** The words for devices and events: nobody has to guess, and nothing of ours shows through. */
import { readFileSync } from 'node:fs';
import { deviceOf } from '../../src/web/device.js';
import { eventText } from '../../src/web/texts/events.js';

test.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Chrome on Windows',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1',
    'Chrome on iPhone',
  ],
  [
    'Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  ['curl/8.14.1', 'Unknown device'],
  ['', 'Unknown device'],
  [null, 'Unknown device'],
])('%s', (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device);
});

/** What happens inside, or to operators only. */
const silent = [
  'account_deleted',
  'identity_orphaned',
  'operator_acted',
  'consent_denied',
  'console_called',
  'provider_refuses_client',
  'provider_accepts_client',
  'provider_away',
  'provider_back',
];

test('every kind of event has words for its person, or is left out on purpose', () => {
  const source = readFileSync(new URL('../../src/events/events.ts', import.meta.url), 'utf8');
  const declared = /export type EventKind =([^;]*);/.exec(source)?.[1] ?? '';
  const kinds = [...declared.matchAll(/\| '(\w+)'/g)].map(([, kind]) => kind ?? '');
  expect(kinds.length).toBeGreaterThan(20);
  const without = kinds.filter((kind) => eventText({ kind, detail: {} }, 'Fitbit') === undefined);
  expect(without.sort()).toEqual([...silent].sort());
  for (const kind of kinds) expect(eventText({ kind, detail: null }, 'Fitbit') ?? '').not.toMatch(/_|undefined|null/);
});
