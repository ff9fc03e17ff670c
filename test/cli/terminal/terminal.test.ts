/** The command line in a real terminal: what is asked, typed, cancelled and drawn, at ordinary and narrow widths. */

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { freePort } from '../../support/process.js';
import { answerConsent } from '../../support/sandbox-control.js';
import { until } from '../../support/until.js';
import { CLI } from '../support/process.js';
import { openTerminal, type RealTerminal } from '../support/tmux.js';

jest.setTimeout(180_000);

let folder: string;
let environment: Record<string, string>;
const open: RealTerminal[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-terminal-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'latchkey'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  chmodSync(join(bin, 'latchkey'), 0o755);
  environment = { DATA_DIR: join(folder, 'data'), SANDBOX_PORT: await freePort(), PATH: `${bin}:${process.env.PATH}` };
});
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function terminal(columns = 200, more: Record<string, string> = {}): RealTerminal {
  const opened = openTerminal(columns, { cwd: folder, environment: { ...environment, ...more } });
  open.push(opened);
  return opened;
}

/** The number that the provider's page shows to the person. */
async function numberAt(url: string): Promise<string> {
  const token = new URL(url).searchParams.get('oauth_token') ?? '';
  const body = new URLSearchParams({ oauth_token: token, decision: 'allow' });
  const page = await fetch(url.split('?', 1)[0] ?? '', { method: 'POST', body });
  return /<code>(\d{7})<\/code>/.exec(await page.text())?.[1] ?? '';
}

test('OAuth 1 without a browser: the address, a code for the phone, and the number is typed', async () => {
  const screen = terminal();
  screen.type('latchkey connect twitter');
  await screen.shows(/Type the number shown there:/);
  expect(screen.screen()).toMatch(/[█▀▄]{20}/);
  const [url = ''] = await screen.shows(/http:\/\/localhost:\d+\/\S+/);
  screen.type('');
  screen.type(await numberAt(url));
  await screen.shows(/Connected .* at X \(Twitter\) in the sandbox/);
  screen.type('clear; latchkey call twitter /1.1/account/verify_credentials.json');
  await screen.shows(/^ {2}"id_str": "\d+",?$/m);
  expect(screen.raw()).toContain('\u001b[36m');
});

test('the browser opens by itself, and comes back', async () => {
  const opened = join(folder, 'opened');
  const browser = join(folder, 'bin', 'xdg-open');
  writeFileSync(browser, `#!/bin/sh\nprintf '%s' "$1" > "${opened}"\n`);
  chmodSync(browser, 0o755);
  const screen = terminal(200, { DISPLAY: ':99' });
  screen.type('latchkey connect fitbit');
  await screen.shows(/opens in your browser/);
  await screen.shows(/or paste the address/);
  await until(() => {
    try {
      return readFileSync(opened, 'utf8') !== '';
    } catch {
      return false;
    }
  });
  await fetch(await answerConsent(readFileSync(opened, 'utf8'), 'allow'));
  await screen.shows(/Connected .* at Fitbit in the sandbox/);
  await screen.shows(/\n\$\s*$/);
  rmSync(browser);
});

test('pasting the address works too, and Ctrl-C leaves a clean line', async () => {
  const screen = terminal(150);
  screen.type('latchkey connect fitbit');
  await screen.shows(/paste the address/);
  screen.type('nonsense');
  await screen.shows(/Still waiting for the right one/);
  screen.press('C-c');
  await screen.shows(/Cancelled\.\n\$/);
  screen.type('echo "code $?"');
  await screen.shows(/^code 130$/m);
});

test('disconnecting asks first, with No as the answer to Enter', async () => {
  const screen = terminal(100);
  screen.type('latchkey disconnect twitter');
  await screen.shows(/Disconnect .* at X \(Twitter\)\? \[y\/N\]/);
  screen.type('');
  await screen.shows(/Nothing was disconnected/);
  screen.type('clear; latchkey disconnect twitter');
  await screen.shows(/\[y\/N\]/);
  screen.type('y');
  await screen.shows(/Disconnected/);
});

test('at 40 columns lists become paragraphs, help is folded, and no code is drawn that could not be read', async () => {
  const screen = terminal(40);
  screen.type('latchkey connections');
  await screen.shows(/^STATUS {2,}active$/m);
  expect(screen.screen()).toMatch(/^PROVIDER +fitbit \(sandbox\)$/m);
  screen.type('clear; latchkey connections --help');
  await screen.shows(/Examples:/);
  screen.type('clear; latchkey connect twitter');
  await screen.shows(/Type the number shown there:/);
  expect(screen.screen()).not.toMatch(/[█▀▄]{5}/);
  screen.press('C-c');
  await screen.shows(/Cancelled/);
});

test('secrets are typed unseen', async () => {
  const screen = terminal(100);
  screen.type('latchkey sign GET https://api.example.com/photos --explain');
  await screen.shows(/Client id/);
  screen.type('my-client');
  await screen.shows(/Client secret:/);
  screen.type('hush-hush');
  await screen.shows(/Token \(empty for none\):/);
  screen.type('');
  await screen.shows(/Signature +\S+=/);
  expect(screen.screen()).toContain('my-client');
  expect(screen.screen()).not.toContain('hush');
});

test('NO_COLOR is obeyed', async () => {
  const screen = terminal(100, { NO_COLOR: '1' });
  screen.type('latchkey doctor');
  await screen.shows(/runtime: Node/);
  expect(screen.raw()).not.toContain('\u001b[32m');
});
