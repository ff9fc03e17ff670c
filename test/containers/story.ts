/**
 * The main story by HTTP at an app that runs already, for scripts/containers.sh:
 *   tsx test/containers/story.ts walk <url> <cookies.json>     signs in at the sandbox, connects, sees the data, keeps the cookies
 *   tsx test/containers/story.ts resume <url> <cookies.json>   with those cookies: still signed in, and the stored tokens still open
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { answerConsent } from '../support/app.js';
import { Browser } from '../support/browser.js';

const [step, url = '', file = ''] = process.argv.slice(2);
const browser = new Browser(url);

if (step === 'walk') await walk();
else if (step === 'resume') await resume();
else throw new Error('Usage: story.ts walk|resume <url> <cookies.json>');

async function walk(): Promise<void> {
  const home = await browser.get('/');
  assert.equal(home.status, 200);
  assert.match(home.text, /Sandbox: no real account is involved/);

  const welcome = await browser.follow(await consented('/auth/twitter'));
  assert.match(welcome.text, /Create a new account/);
  assert.equal((await browser.post('/welcome', { decision: 'create' })).status, 303);

  const connected = await consented('/connect/google-health');
  assert.equal(connected.status, 303);
  const page = await browser.follow(connected);
  assert.equal(page.status, 200);
  assert.match(page.text, /Steps/);

  await assertBothActive();
  writeFileSync(file, JSON.stringify([...browser.cookies]), { mode: 0o600 });
}

async function resume(): Promise<void> {
  const cookies = JSON.parse(readFileSync(file, 'utf8')) as [string, string][];
  for (const [name, value] of cookies) browser.cookies.set(name, value);
  const id = await assertBothActive();
  const page = await browser.get(`/connections/${id}`);
  assert.equal(page.status, 200);
  assert.match(page.text, /Steps/);
}

/** Start button, consent page, callback. */
async function consented(start: string) {
  const started = await browser.post(start);
  assert.equal(started.status, 303);
  return await browser.get(await answerConsent(started.location, 'allow'));
}

/** @returns the id of the Google Health connection */
async function assertBothActive(): Promise<string> {
  const dashboard = await browser.get('/');
  assert.match(dashboard.text, /data-connection="[\da-f-]{36}" data-provider="twitter" data-status="active"/);
  const found = /data-connection="([\da-f-]{36})" data-provider="google-health" data-status="active"/.exec(
    dashboard.text,
  );
  assert.ok(found?.[1], 'the dashboard shows the Google Health connection');
  return found[1];
}
