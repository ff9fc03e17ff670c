import { complaint } from '../../src/cli/complaint.js';

describe('a database that does not answer', () => {
  it.each([
    ['a statement that took too long', '57014', 'Error 57014'],
    ['a refused connection', 'ECONNREFUSED', 'Error ECONNREFUSED'],
  ])('%s is told with its code, and nothing of the query', (_what, code, evidence) => {
    const failure = Object.assign(new Error('SELECT $1 -- a value'), { code });
    expect(complaint(failure)).toMatchObject({
      code: 'database_unavailable',
      message: `The database cannot be reached at the moment, or takes too long to answer (${evidence}).`,
    });
  });
});
