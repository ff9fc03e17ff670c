import { appendFileSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Journal } from '../../src/sandbox/store/journal.js';
import { lockFolder } from '../../src/sandbox/store/lock.js';
import { freshFolder, removeFolder } from './support.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = freshFolder();
  file = join(folder, 'journal.jsonl');
});

afterEach(() => {
  removeFolder(folder);
});

function open() {
  const journal = new Journal(file);
  const fruit = journal.table<{ ripe: boolean }>('fruit', (value) => value.ripe);
  journal.compact();
  return { journal, fruit };
}

test('a commit is on disk when it returns', () => {
  const { journal, fruit } = open();
  journal.commit([fruit.put('apple', { ripe: true }), fruit.put('pear', { ripe: true })]);
  const copy = new Journal(file);
  expect([...copy.table('fruit', () => true).entries()]).toEqual([
    ['apple', { ripe: true }],
    ['pear', { ripe: true }],
  ]);
  journal.close();
});

test.each([1, 5, 20])('a last line that lacks %d bytes is a commit that never was', (missing) => {
  const { journal, fruit } = open();
  journal.commit([fruit.put('apple', { ripe: true })]);
  journal.commit([fruit.put('pear', { ripe: true }), fruit.remove('apple')]);
  journal.close();
  writeFileSync(file, readFileSync(file).subarray(0, -missing));
  const again = open();
  expect([...again.fruit.entries()]).toEqual([['apple', { ripe: true }]]);
  again.journal.commit([again.fruit.put('plum', { ripe: true })]);
  again.journal.close();
  expect([...open().fruit.entries()].map(([name]) => name)).toEqual(['apple', 'plum']);
});

test('damage anywhere else is told, with its place', () => {
  const { journal, fruit } = open();
  journal.commit([fruit.put('apple', { ripe: true })]);
  journal.close();
  appendFileSync(file, '[["fruit","pe\n[["fruit","plum",{"ripe":true}]]\n');
  expect(() => new Journal(file)).toThrow(expect.objectContaining({ code: 'sandbox_journal_damaged' }));
  expect(() => new Journal(file)).toThrow(/line 3/);
});

test('a compaction keeps what is worth keeping and loses the history', () => {
  const { journal, fruit } = open();
  for (let round = 0; round < 50; round += 1) journal.commit([fruit.put('apple', { ripe: true })]);
  journal.commit([fruit.put('pear', { ripe: false })]);
  journal.close();
  const again = open();
  expect([...again.fruit.entries()]).toEqual([['apple', { ripe: true }]]);
  again.journal.close();
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
});

test('the file is rewritten while it is used, before it grows for ever', () => {
  const { journal, fruit } = open();
  for (let round = 0; round < 20_010; round += 1) journal.commit([fruit.put('apple', { ripe: true })]);
  journal.close();
  expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThan(20);
  expect([...open().fruit.entries()]).toEqual([['apple', { ripe: true }]]);
});

test('a closed journal takes nothing', () => {
  const { journal, fruit } = open();
  journal.close();
  expect(() => journal.commit([fruit.put('apple', { ripe: true })])).toThrow('closed');
  expect(fruit.get('apple')).toBeUndefined();
});

describe('the lock', () => {
  test('is exclusive until released', async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(`process ${process.pid}`);
    await lock.release();
    const again = await lockFolder(folder);
    await again.release();
  });

  test('works in folders whose names are too long for a socket address', async () => {
    const deep = join(folder, 'x'.repeat(120));
    mkdirSync(deep);
    const lock = await lockFolder(deep);
    await expect(lockFolder(deep)).rejects.toMatchObject({ code: 'sandbox_in_use' });
    await lock.release();
    await (await lockFolder(deep)).release();
  });

  test('left behind by a dead process is taken over', async () => {
    // A file of the same name that nobody listens on, as kill -9 leaves it.
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'other'), resolve));
    linkSync(join(folder, 'other'), join(folder, 'lock'));
    await new Promise((resolve) => server.close(resolve));
    const lock = await lockFolder(folder);
    await lock.release();
  });
});
