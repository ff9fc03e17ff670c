/** What a run has to prove: no connection lost but those that nobody could save, no two calls at once, no secret anywhere. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Incident } from './faults.js';
import type { TokenCall } from './recorder.js';

/** The answer of a call may be in memory this long after it was delivered, while the database is away. */
const STORING_MS = 5_000;

/** Two calls of one account at the same time, as `account: process/process`. */
export function overlaps(refreshes: ReadonlyMap<string, readonly TokenCall[]>): string[] {
  return [...refreshes].flatMap(([account, calls]) =>
    calls.flatMap((call, index) => {
      const before = calls.slice(0, index).filter(({ endedAt = Number.POSITIVE_INFINITY }) => endedAt > call.begunAt);
      return before.map((other) => `${account}: ${other.process}/${call.process}`);
    }),
  );
}

/** Whether an answer that its provider had decided was in a process that was killed or frozen at that moment. */
export function diedInMemory(calls: readonly TokenCall[], incidents: readonly Incident[]): boolean {
  return calls.some(
    ({ process, begunAt, endedAt = Number.POSITIVE_INFINITY, status }) =>
      status === 200 &&
      incidents.some(
        (incident) => incident.process === process && begunAt <= incident.at && endedAt >= incident.at - STORING_MS,
      ),
  );
}

const HISTORY_MS = 120_000;

/** The last token calls of one account, with what happened to the processes meanwhile, in the order of time; seconds before the last of them. */
export function history(calls: readonly TokenCall[], incidents: readonly Incident[]): string[] {
  const last = calls.at(-1)?.begunAt ?? 0;
  const told = calls.map(({ begunAt, decidedAt, endedAt, ...call }) => {
    const [decided, ended] = [decidedAt, endedAt].map((at) => (at === undefined ? 'never' : `${ms(at - begunAt)}`));
    const answer = `${call.status ?? 'no answer'} decided after ${decided}, ${call.delivered ? 'delivered' : 'gone'} after ${ended}`;
    return { at: begunAt, text: `token call of ${call.process}, token ${call.sent.slice(-6)}: ${answer}` };
  });
  const struck = incidents.map(({ at, process, what }) => ({ at, text: `${what} of ${process}` }));
  return [...told, ...struck]
    .filter(({ at }) => at > last - HISTORY_MS && at <= last)
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, text }) => `  ${((at - last) / 1000).toFixed(1).padStart(7)} s  ${text}`);
}

function ms(time: number): string {
  return `${Math.round(time)} ms`;
}

/**
 * Looks for secrets in all files below the folders: as they are, percent-encoded, in hexadecimal, and in Base64 at each of its three offsets.
 * @returns the files that hold one
 */
export function filesWithSecrets(secrets: Iterable<string>, folders: readonly string[]): string[] {
  const place = mkdtempSync(join(tmpdir(), 'latchkey-patterns-'));
  try {
    const patterns = join(place, 'patterns');
    writeFileSync(
      patterns,
      [...new Set([...secrets].filter((secret) => secret.length >= 8).flatMap(spellings))].join('\n'),
    );
    const environment = { LC_ALL: 'C', PATH: process.env.PATH };
    const grep = spawnSync('grep', ['-raFl', '-f', patterns, '--', ...folders], { encoding: 'utf8', env: environment });
    if (grep.error) throw grep.error;
    // Its status is 1 when it finds nothing, and 2 when a file went away meanwhile.
    return grep.stdout.split('\n').filter(Boolean);
  } finally {
    rmSync(place, { recursive: true });
  }
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    // The first and the last characters also depend on the neighbours.
    return text.slice(offset === 0 ? 0 : offset + 1, -1);
  });
  const urlSafe = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64,
    ...urlSafe,
  ];
}
