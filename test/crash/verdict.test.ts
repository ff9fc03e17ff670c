/** The judges of the crash runs, judged: each finds what it looks for when it is there. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FaultName, faultNames } from './faults.js';
import { chance } from './random.js';
import type { TokenCall } from './recorder.js';
import { diedInMemory, filesWithSecrets, overlaps } from './verdict.js';

const call = (process: number, begunAt: number, endedAt?: number): TokenCall => {
  const end = endedAt === undefined ? {} : { endedAt };
  return { process, grantType: 'refresh_token', sent: 'r', begunAt, status: 200, ...end };
};

describe('overlapping calls', () => {
  test('one that begins before another has ended', () => {
    expect(overlaps(new Map([['A', [call(0, 10, 30), call(1, 20, 40)]]]))).toEqual(['A: 0/1']);
    expect(overlaps(new Map([['A', [call(0, 10), call(1, 20, 40)]]]))).toEqual(['A: 0/1']);
  });

  test('not one after another, and not of two accounts', () => {
    expect(overlaps(new Map([['A', [call(0, 10, 20), call(1, 20, 40)]]]))).toEqual([]);
    const two = [...['A', 'B'].map((account): [string, TokenCall[]] => [account, [call(0, 10, 20)]])];
    expect(overlaps(new Map(two))).toEqual([]);
  });
});

describe('an answer that died in memory', () => {
  test('its process was killed while the call was under way, or just after', () => {
    expect(diedInMemory([call(0, 10, 30)], [{ what: 'kill -9', process: 0, at: 20 }])).toBe(true);
    expect(diedInMemory([call(0, 10, 30)], [{ what: 'kill -9', process: 0, at: 1030 }])).toBe(true);
  });

  test('not when another process was killed, or long after', () => {
    expect(diedInMemory([call(0, 10, 30)], [{ what: 'kill -9', process: 1, at: 20 }])).toBe(false);
    expect(diedInMemory([call(0, 10, 30)], [{ what: 'kill -9', process: 0, at: 60_000 }])).toBe(false);
    expect(diedInMemory([{ ...call(0, 10, 30), status: 503 }], [{ what: 'kill -9', process: 0, at: 20 }])).toBe(false);
  });
});

describe('secrets in files', () => {
  const secret = 'Sup3r/S3cret+token~value';
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-secrets-'));
    mkdirSync(join(folder, 'below'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each([
    ['as it is', secret],
    ['percent-encoded', encodeURIComponent(secret)],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['in Base64', Buffer.from(secret).toString('base64')],
    ['in Base64 at the second offset', Buffer.from(`:${secret} and`).toString('base64')],
    ['in Base64 at the third offset', Buffer.from(`a:${secret}`).toString('base64')],
    ['in base64url', Buffer.from(`user:${secret}`).toString('base64url')],
  ])('%s', (_, text) => {
    const file = join(folder, 'below', 'a.bin');
    writeFileSync(file, Buffer.concat([Buffer.from([0, 255, 10]), Buffer.from(`x${text}x`), Buffer.from([0])]));
    expect(filesWithSecrets([secret, 'another-secret'], [folder])).toEqual([file]);
  });

  test('nothing where there is nothing', () => {
    writeFileSync(join(folder, 'a.txt'), 'Sup3r/S3cret+token~valu');
    expect(filesWithSecrets([secret], [folder])).toEqual([]);
  });
});

test('a seed gives the same faults again, each kind at least once', () => {
  const names = faultNames(40, chance(3));
  expect(faultNames(40, chance(3))).toEqual(names);
  expect(faultNames(40, chance(4))).not.toEqual(names);
  expect(new Set<FaultName>(names).size).toBe(10);
});
