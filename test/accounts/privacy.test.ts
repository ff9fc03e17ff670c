/** docs/privacy.md keeps its word: it names every table, and the periods it names are those of the code. */
import { readFileSync } from 'node:fs';
import { PENDING_IDENTITY_MS } from '../../src/accounts/index.js';
import { readConfig } from '../../src/config.js';
import { retention } from '../../src/db/index.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const text = read('docs/privacy.md');
const rowOf = (model: string) =>
  text.split('\n').find((line) => line.startsWith('|') && line.split('|')[1]?.includes(`\`${model}\``));

test('every model of the database is accounted for', () => {
  const models = [...read('prisma/schema.prisma').matchAll(/^model (\w+) \{/gm)].map(([, name]) => name ?? '');
  expect(models.length).toBeGreaterThan(8);
  expect(models.filter((model) => rowOf(model) === undefined)).toEqual([]);
});

test('the periods are the real ones', () => {
  const after = (table: string) => retention.find((item) => item.table === table)?.retentionMs;
  expect([after('SpentFlow'), after('PendingIdentity'), PENDING_IDENTITY_MS]).toEqual([3_600_000, 600_000, 600_000]);
  expect(rowOf('SpentFlow')).toContain('1 hour');
  expect(rowOf('PendingIdentity')).toContain('10 minutes');
  expect(readConfig({}, []).retentionDays).toBe(90);
  expect(rowOf('Event')).toContain('`RETENTION_DAYS` (90 unless set)');
  const store = read('src/db/session-store.ts');
  expect([store.includes('idleMs ?? 14 * dayMs'), store.includes('absoluteMs ?? 90 * dayMs')]).toEqual([true, true]);
  expect(rowOf('WebSession')).toContain('14 days without use, 90 days at most');
});
