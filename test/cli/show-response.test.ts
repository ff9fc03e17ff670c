/** What becomes of an answer's body, whatever the answer and the file are like. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { showResponse } from '../../src/cli/call/show-response.js';
import { CommandLine } from '../../src/cli/command-line.js';

function commandLine({ seen = false } = {}) {
  let out = '';
  const output = Object.assign(new PassThrough(), seen ? { isTTY: true, columns: 80 } : {});
  output.on('data', (chunk) => {
    out += chunk;
  });
  const streams = { input: new PassThrough(), output, words: new PassThrough() };
  const environment = { NO_COLOR: '1' };
  const signal = new AbortController().signal;
  return { cli: new CommandLine({ streams, environment, signal, leaveSignals: () => undefined }), out: () => out };
}

describe('into a file', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-answer-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['without a body', null, 204],
    ['with one', 'hello', 200],
  ])('an answer %s fails where the file cannot be written, and says so in time', async (_what, body, status) => {
    const showing = showResponse(commandLine().cli, new Response(body, { status }), {
      output: join(folder, 'missing', 'file'),
    });
    await expect(showing).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('an answer without a body is an empty file', async () => {
    const output = join(folder, 'answer');
    await showResponse(commandLine().cli, new Response(null, { status: 204 }), { output });
    expect(readFileSync(output, 'utf8')).toBe('');
  });
});

describe('on a terminal', () => {
  test.each(['{', 'no', '{"a":1}}', 'NaN'])('%j is no JSON and stands as it came', async (text) => {
    const { cli, out } = commandLine({ seen: true });
    await showResponse(cli, new Response(text), {});
    expect(out()).toBe(`${text}\n`);
  });

  test.each([false, true])('a nest of brackets costs no more than it is worth, --json %s', async (json) => {
    const { cli, out } = commandLine({ seen: true });
    cli.json = json;
    const nest = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    await showResponse(cli, new Response(nest), {});
    expect(out().length).toBeGreaterThan(nest.length);
    expect(out().length).toBeLessThan(100 * nest.length);
  });

  test('--json of a wide answer stays one document', async () => {
    const { cli, out } = commandLine({ seen: true });
    cli.json = true;
    const wide = `${'['.repeat(60)}${'0,'.repeat(5_000_000)}0${']'.repeat(60)}`;
    await showResponse(cli, new Response(wide), {});
    expect(out()).toContain(`"body":${wide.slice(0, 100)}`);
  });
});
