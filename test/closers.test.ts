import { PassThrough } from 'node:stream';
import { CommandLine } from '../src/cli/command-line.js';
import { Closers } from '../src/closers.js';

/** Notes that it was called, then fails if it is told to. */
function closing(closed: string[]) {
  return (name: string, failure?: Error) => async () => {
    closed.push(name);
    if (failure) throw failure;
  };
}

test('all are closed, the last one first, and every failure is told', async () => {
  const closed: string[] = [];
  const close = closing(closed);
  const [first, second] = [new Error('first'), new Error('second')];
  const closers = new Closers();
  closers.add(close('database'));
  closers.add(close('connections', second));
  closers.add(close('sandbox', first));
  expect(await closers.close()).toEqual([first, second]);
  expect(closed).toEqual(['sandbox', 'connections', 'database']);
  expect(await closers.close()).toEqual([]);
});

test('what is added while closing is closed too', async () => {
  const closed: string[] = [];
  const closers = new Closers();
  closers.add(async () => closers.add(closing(closed)('late')));
  await closers.close();
  expect(closed).toEqual(['late']);
});

test('a command closes everything before it says what went wrong first', async () => {
  const streams = { input: new PassThrough(), output: new PassThrough(), words: new PassThrough() };
  const signal = new AbortController().signal;
  const cli = new CommandLine({ streams, environment: {}, signal, leaveSignals: () => undefined });
  const closed: string[] = [];
  const close = closing(closed);
  cli.defer(close('database', new Error('second')));
  cli.defer(close('connections'));
  cli.defer(close('sandbox', new Error('first')));
  await expect(cli.close()).rejects.toThrow('first');
  expect(closed).toEqual(['sandbox', 'connections', 'database']);
});
