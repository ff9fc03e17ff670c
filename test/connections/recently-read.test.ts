import { RecentlyRead } from '../../src/connections/recently-read.js';

let clock: number;
beforeEach(() => {
  clock = 5_000;
});

const recently = (maxAgeMs?: number) => new RecentlyRead<string>({ maxAgeMs, monotonicMs: () => clock });

/** A reading that ends when the test says so. */
function held() {
  let end: (value: string) => void = () => undefined;
  let break_: (error: Error) => void = () => undefined;
  const reading = new Promise<string>((resolve, reject) => {
    end = resolve;
    break_ = reject;
  });
  return { read: () => reading, end, break: break_ };
}

test('what was read serves for less than a second', async () => {
  const recent = recently();
  expect(recent.get('a')).toBeUndefined();
  await recent.read('a', 'ann', async () => 'first');
  clock += 999;
  expect(recent.get('a')).toBe('first');
  clock += 1;
  expect(recent.get('a')).toBeUndefined();
  expect(await recent.read('a', 'ann', async () => 'second')).toBe('second');
});

test('the age counts from the beginning of the reading, because what came may have been read then', async () => {
  const recent = recently();
  const slow = held();
  const first = recent.read('a', 'ann', slow.read);
  clock += 1_000;
  slow.end('old');
  expect(await first).toBe('old');
  expect(recent.get('a')).toBeUndefined();
});

test('those who ask while it is being read join in, but not a reading that began too long ago', async () => {
  const recent = recently();
  const slow = held();
  const first = recent.read('a', 'ann', slow.read);
  clock += 999;
  const joined = recent.read('a', 'ann', async () => 'never asked');
  clock += 1;
  const later = recent.read('a', 'ann', async () => 'newer');
  slow.end('old');
  expect(await Promise.all([first, joined, later])).toEqual(['old', 'old', 'newer']);
  expect(recent.get('a')).toBe('newer');
});

test('a reading that was under way when something changed serves nobody who asks afterwards', async () => {
  const recent = recently();
  const slow = held();
  const before = recent.read('a', 'ann', slow.read);
  recent.forget('a');
  slow.end('replaced');
  expect(await before).toBe('replaced');
  expect(recent.get('a')).toBeUndefined();
  expect(await recent.read('a', 'ann', async () => 'current')).toBe('current');
});

test('an old reading that ends late does not take the place of a newer one', async () => {
  const recent = recently();
  const slow = held();
  const before = recent.read('a', 'ann', slow.read);
  recent.forget('a');
  await recent.read('a', 'ann', async () => 'current');
  slow.break(new Error('gone'));
  await expect(before).rejects.toThrow('gone');
  expect(recent.get('a')).toBe('current');
});

test('a failure is not kept', async () => {
  const recent = recently();
  await expect(recent.read('a', 'ann', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(recent.size).toBe(0);
  expect(await recent.read('a', 'ann', async () => 'back')).toBe('back');
});

test('what was known before is handed to the next reading', async () => {
  const recent = recently();
  const seen: (string | undefined)[] = [];
  for (const value of ['first', 'second']) {
    await recent.read('a', 'ann', async (previous) => {
      seen.push(previous);
      return value;
    });
    clock += 1_000;
  }
  recent.forget('a');
  await recent.read('a', 'ann', async (previous) => {
    seen.push(previous);
    return 'third';
  });
  expect(seen).toEqual([undefined, 'first', undefined]);
});

test('all of a person’s goes at once, and nobody else’s', async () => {
  const recent = recently();
  await recent.read('a', 'ann', async () => 'one');
  await recent.read('b', 'ann', async () => 'two');
  await recent.read('c', 'ben', async () => 'three');
  recent.forgetAllOf('ann');
  expect(['a', 'b', 'c'].map((key) => recent.get(key))).toEqual([undefined, undefined, 'three']);
});

test('a sweep lets go of what is too old', async () => {
  const recent = recently();
  await recent.read('a', 'ann', async () => 'old');
  clock += 600;
  await recent.read('b', 'ben', async () => 'young');
  clock += 400;
  recent.sweep();
  expect(recent.size).toBe(1);
  clock += 600;
  recent.sweep();
  expect(recent.size).toBe(0);
});

test('the first one goes when there are too many', async () => {
  const recent = recently();
  for (let at = 0; at < 2_001; at++) await recent.read(`key ${at}`, 'ann', async () => `value ${at}`);
  expect(recent.size).toBe(2_000);
  expect(recent.get('key 0')).toBeUndefined();
  expect(recent.get('key 2000')).toBe('value 2000');
});

test('an age of 0 keeps nothing, and more than a second is refused', async () => {
  const recent = recently(0);
  await recent.read('a', 'ann', async () => 'first');
  expect(recent.get('a')).toBeUndefined();
  expect(recent.size).toBe(0);
  expect(() => recently(1_001)).toThrow(RangeError);
  expect(() => recently(-1)).toThrow(RangeError);
  expect(() => recently(Number.NaN)).toThrow(RangeError);
});
