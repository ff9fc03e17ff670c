/** How the command line puts things on a terminal: tables, colours, bars, codes for phones, and text that others wrote. */
import { PassThrough } from 'node:stream';
import { complaint } from '../../src/cli/complaint.js';
import { hasBrowser } from '../../src/cli/connect/browser.js';
import { pageHtml } from '../../src/cli/connect/loopback-page.js';
import { qrCode } from '../../src/cli/connect/show-address.js';
import { CliFailure } from '../../src/cli/failure.js';
import { progress } from '../../src/cli/terminal/progress.js';
import { readableJson } from '../../src/cli/terminal/readable-json.js';
import { hasColours, paintFor } from '../../src/cli/terminal/style.js';
import { table } from '../../src/cli/terminal/table.js';
import { Terminal } from '../../src/cli/terminal/terminal.js';
import { visible, visibleLine } from '../../src/cli/terminal/visible.js';
import { ReconnectRequired } from '../../src/connections/index.js';

const plain = (_look: unknown, text: string) => text;

function screen(columns?: number) {
  let text = '';
  const words = Object.assign(new PassThrough(), columns ? { isTTY: true, columns } : {});
  words.on('data', (chunk) => {
    text += chunk;
  });
  const streams = { input: new PassThrough(), output: new PassThrough(), words };
  return { terminal: new Terminal(streams, {}, new AbortController().signal), text: () => text };
}

describe('tables', () => {
  const rows = [
    { name: 'Ada', score: 7 },
    { name: '春子', score: 12 },
    { name: 'two\nlines\u001b[2J', score: 1 },
  ];
  const columns = [
    { title: 'NAME', of: ({ name }: (typeof rows)[number]) => name },
    { title: 'SCORE', of: ({ score }: (typeof rows)[number]) => String(score), right: true },
  ];

  test('columns line up, also behind wide characters, and a cell stays one line', () => {
    expect(table(rows, columns, { width: undefined, paint: plain }).split('\n')).toEqual([
      'NAME                 SCORE',
      'Ada                      7',
      '春子                    12',
      'two\\nlines\\u001b[2J      1',
    ]);
  });

  test('what does not fit becomes paragraphs', () => {
    expect(table(rows.slice(0, 2), columns, { width: 10, paint: plain })).toBe(
      'NAME   Ada\nSCORE  7\n\nNAME   春子\nSCORE  12',
    );
  });
});

describe('colours', () => {
  const stream = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY });

  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('terminal %s, environment %j: %s', (isTTY, environment, expected) => {
    expect(hasColours(stream(isTTY), environment)).toBe(expected);
    expect(paintFor(stream(isTTY), environment)('red', 'x') !== 'x').toBe(expected);
  });
});

describe('progress', () => {
  test('is a bar that is drawn over itself and goes away', () => {
    let time = 0;
    const { terminal, text } = screen(80);
    const bar = progress(terminal, 'sealing', () => time);
    bar.at(0, 1000);
    time = 50;
    bar.at(100, 1000);
    time = 200;
    bar.at(500, 1000);
    bar.at(1000, 1000);
    bar.end();
    const drawn = text().split('\r\u001b[K').filter(Boolean);
    expect(drawn).toHaveLength(3);
    expect(drawn[1]).toBe('████████████░░░░░░░░░░░░  50 %  sealing 500 of 1,000');
    expect(drawn[2]).toContain('100 %');
    expect(text().endsWith('\r\u001b[K')).toBe(true);
  });

  test('fits a narrow terminal', () => {
    const { terminal, text } = screen(24);
    progress(terminal, 'sealing anew', () => 0).at(5, 10);
    expect(text().replace('\r\u001b[K', '').length).toBeLessThan(24);
  });

  test('into a log goes a line every ten seconds', () => {
    let time = 0;
    const { terminal, text } = screen();
    const bar = progress(terminal, 'sealing', () => time);
    for (time = 0; time <= 25_000; time += 500) bar.at(time, 25_000);
    bar.end();
    expect(text()).toBe('sealing: 10,000 of 25,000\nsealing: 20,000 of 25,000\n');
  });
});

describe('text that others wrote', () => {
  test('cannot move the cursor or turn the line around', () => {
    expect(visible('a\u001b[2J\u009b\u202eb\n\tc')).toBe('a\\u001b[2J\\u009b\\u202eb\n\tc');
    expect(visibleLine('a\n\tb')).toBe('a\\n\\tb');
  });

  test('is text on the page in the browser, too', () => {
    const html = pageHtml({ status: 400, title: '<script>"&\'', text: '</p><img>' });
    expect(html).not.toMatch(/<script>|<img>/);
    expect(html).toContain('&lt;script&gt;&quot;&amp;&#39;');
  });

  test.each([
    [
      '{"a":[],"b":{},"c":[1,{"d":"}{"}]}',
      '{\n  "a": [],\n  "b": {},\n  "c": [\n    1,\n    {\n      "d": "}{"\n    }\n  ]\n}',
    ],
    ['  1e400 ', '1e400'],
    ['"\\"\\\\"', '"\\"\\\\"'],
    ['[ ]', '[]'],
  ])('%s is indented', (text, expected) => {
    expect(readableJson(text)).toBe(expected);
  });

  test('names have a look of their own, values have none', () => {
    const marked = readableJson('{"a" :"b:", "c\\"":{"d":[":"]}}', (look, text) => `<${look} ${text}>`);
    expect(marked).toBe('{\n  <cyan "a">: "b:",\n  <cyan "c\\"">: {\n    <cyan "d">: [\n      ":"\n    ]\n  }\n}');
  });

  test('a nest of brackets does not become a screen of spaces, and what nobody reads is not indented', () => {
    const nest = `${'['.repeat(20_000)}1${']'.repeat(20_000)}`;
    expect(readableJson(nest).replaceAll(/\s/g, '')).toBe(nest);
    expect(readableJson(nest).length).toBeLessThan(100 * nest.length);
    const long = JSON.stringify(Array.from({ length: 500_000 }, () => 0));
    expect(readableJson(long)).toBe(long);
  });
});

describe('codes for phones', () => {
  test('are as wide as they are high, with their quiet border', () => {
    const lines = qrCode('https://example.com/device?user_code=ABCD-EFGH', 80)?.split('\n') ?? [];
    const width = lines[0]?.length ?? 0;
    expect(lines.every((line) => line.length === width)).toBe(true);
    expect(lines.length).toBe(Math.ceil(width / 2));
    expect(lines[0]).toBe('█'.repeat(width));
  });

  test('are left out where they would be folded', () => {
    expect(qrCode('https://example.com/device', 20)).toBeUndefined();
  });
});

test.each([
  ['linux', {}, false],
  ['linux', { DISPLAY: ':0' }, true],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
  ['linux', { WSL_DISTRO_NAME: 'Debian' }, true],
  ['darwin', {}, true],
  ['darwin', { SSH_CONNECTION: '1.2.3.4 5 6.7.8.9 22' }, false],
  ['win32', {}, true],
] as const)('a browser on %s with %j: %s', (platform, environment, expected) => {
  expect(hasBrowser(environment, platform)).toBe(expected);
});

describe('complaints', () => {
  test('our own errors speak for themselves, with advice', () => {
    expect(complaint(new CliFailure('a_code', 'A sentence.', 'Do this.'))).toMatchObject({
      code: 'a_code',
      advice: 'Do this.',
      exitCode: 1,
    });
    expect(complaint(new ReconnectRequired('expired')).advice).toContain('latchkey connect');
  });

  test.each([
    [new Error('password=hunter2'), 'unexpected'],
    [Object.assign(new Error('invalid argument: hunter2'), { code: 'P2007' }), 'unexpected'],
    [
      Object.assign(new Error('hunter2'), { name: 'PrismaClientKnownRequestError', code: 'P1001' }),
      'database_unavailable',
    ],
    ['hunter2', 'unexpected'],
    [undefined, 'unexpected'],
  ])('what libraries say is not repeated: %#', (error, code) => {
    const said = complaint(error);
    expect(said.code).toBe(code);
    expect(JSON.stringify(said)).not.toContain('hunter2');
  });

  test('a statement that took too long is told as that too', () => {
    const { code, message } = complaint(Object.assign(new Error('SELECT hunter2'), { code: '57014' }));
    expect(code).toBe('database_unavailable');
    expect(message).toMatch(/takes too long to answer \(Error 57014\)\.$/);
  });

  test('trouble with a file names it', () => {
    const error = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open', path: '/no/such' });
    expect(complaint(error)).toMatchObject({ code: 'file_unusable', message: '/no/such is not there.' });
  });
});
