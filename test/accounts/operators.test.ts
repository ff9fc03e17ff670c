/** Who counts as an operator, and the code that finds the first one. */
import { Operators } from '../../src/accounts/index.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { seedPerson } from '../support/people.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(() => db.reset());
afterAll(() => db.close());

const operators = (...named: string[]) => new Operators({ prisma: db.database.prisma, named });
const way = { namespace: 'sandbox:twitter', subject: '1:2' };

test('a named person is one by their identity, to the letter, while they are active', async () => {
  const id = await seedPerson(db.database, { name: 'Named', ways: [way] });
  expect(await operators('sandbox:twitter:1:2').isOperator(id)).toBe(true);
  for (const named of ['twitter:1:2', 'sandbox:twitter:1', 'sandbox:twitter:1:22', 'sandbox:Twitter:1:2']) {
    expect([named, await operators(named).isOperator(id)]).toEqual([named, false]);
  }
  await db.database.prisma.user.update({ where: { id }, data: { state: 'disabled' } });
  expect(await operators('sandbox:twitter:1:2').isOperator(id)).toBe(false);
  expect(await operators('sandbox:twitter:1:2').isOperator(undefined)).toBe(false);
});

test('a connected account that is no way to sign in makes nobody an operator', async () => {
  const id = await seedPerson(db.database, {
    name: 'Connected',
    connections: [{ provider: 'twitter', subject: '1:2' }],
  });
  expect(await operators('sandbox:twitter:1:2').isOperator(id)).toBe(false);
});

test('who was found by the code counts only while nobody is named', async () => {
  const id = await seedPerson(db.database, { name: 'Found', operator: true });
  expect(await operators().isOperator(id)).toBe(true);
  expect(await operators('sandbox:twitter:1:2').isOperator(id)).toBe(false);
});

test('each start has another code, none when there is an operator or somebody is named', async () => {
  const codes = await Promise.all([operators().openClaim(), operators().openClaim()]);
  expect(codes[0]).not.toBe(codes[1]);
  expect(await operators('twitter:1').openClaim()).toBeUndefined();
  await seedPerson(db.database, { name: 'Found', operator: true });
  expect(await operators().openClaim()).toBeUndefined();
});

test('a code is taken once, from somebody active; nothing is open before it was made', async () => {
  const first = await seedPerson(db.database, { name: 'First' });
  const off = await seedPerson(db.database, { name: 'Off', state: 'disabled' });
  const seeking = operators();
  expect([await seeking.isClaimOpen(), await seeking.claim(first, '')]).toEqual([false, 'closed']);
  const code = (await seeking.openClaim()) ?? '';
  expect(await seeking.isClaimOpen()).toBe(true);
  expect(await seeking.claim(first, `${code}A`)).toBe('wrong_code');
  expect(await seeking.isClaimOpen()).toBe(true);
  expect(await seeking.claim(first, code)).toBe('granted');
  expect([await seeking.isClaimOpen(), await seeking.claim(off, code)]).toEqual([false, 'closed']);
});
