/** The list of calls, and what the control API refuses. */
import { callAs, connect, get, oauth2Facts, post, type Running, removeFolder, start } from './support.js';

let sandbox: Running;
const profile = oauth2Facts.fitbit.profile;

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('the list of calls', () => {
  test('has every request as it was sent, oldest first', async () => {
    await get(`${sandbox.origin}/api.fitbit.com/1/a%20b?x=1&y=%2F`, { 'X-Probe': 'One' });
    await fetch(`${sandbox.origin}/nowhere`, {
      method: 'PUT',
      body: '{"ü": 1 }',
      headers: { 'Content-Type': 'text/plain' },
    });
    await get(`${sandbox.origin}/healthz`);
    const calls = await sandbox.calls();
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({
      method: 'GET',
      path: '/api.fitbit.com/1/a%20b',
      query: 'x=1&y=%2F',
      headers: { 'x-probe': 'One' },
      body: '',
      time: '2026-11-20T15:00:00.000Z',
    });
    expect(calls[1]).toMatchObject({ method: 'PUT', path: '/nowhere', query: '', body: '{"ü": 1 }' });
  });

  test('can be asked for one path, exactly', async () => {
    await get(`${sandbox.origin}/a`);
    await get(`${sandbox.origin}/a/b`);
    await get(`${sandbox.origin}/a?c`);
    expect((await sandbox.calls('/a')).map((call) => call.query)).toEqual(['', 'c']);
    expect(await sandbox.calls('/A')).toEqual([]);
  });

  test('and scripted answers are forgotten on reset; grants, behaviour and people are not', async () => {
    await sandbox.control('user', { subject: 'stays' });
    const { access } = await connect(sandbox.origin, 'fitbit');
    await sandbox.control('behaviour', { graceMs: 5 });
    await sandbox.control('next', { path: profile, status: 500 });
    await sandbox.control('reset');
    expect(await sandbox.calls()).toEqual([]);
    const answer = await callAs(sandbox.origin, profile, access);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toHaveProperty('user.encodedId', 'stays');
    expect(await sandbox.control('behaviour')).toMatchObject({ graceMs: 5 });
  });
});

describe('the control API refuses', () => {
  test.each([
    ['user', {}, /subject/],
    ['user', { subject: '' }, /subject/],
    ['user', { subject: Number.MAX_SAFE_INTEGER + 1 }, /subject/],
    ['user', { subject: 'a', provider: 'nobody' }, /nobody.*fitbit/s],
    ['user', { subject: 'a', sub: 'a' }, /sub/],
    ['behaviour', { autoApprove: 'yes' }, /autoApprove/],
    ['behaviour', { graceMs: -1 }, /graceMs/],
    ['behaviour', { speed: 1 }, /speed/],
    ['next', { status: 500 }, /path/],
    ['next', { path: 'api.fitbit.com' }, /path/],
    ['next', { path: '/a?b', status: 500 }, /query/],
    ['next', { path: '/a', status: 99 }, /status/],
    ['next', { path: '/a', times: 0 }, /times/],
    ['next', { path: '/a', headers: { 'X Y': 'a' } }, /header/],
    ['next', { path: '/a', headers: { X: 'a\r\nb' } }, /header/],
    ['hold', {}, /path/],
    ['revoke', { provider: 'fitbit' }, /subject/],
    ['revoke', { provider: 'nobody', subject: 'a' }, /nobody/],
    ['reset', { everything: true }, /everything/],
  ])('%s with %j', async (name, body, words) => {
    const response = await post(`${sandbox.origin}/_control/${name}`, body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toMatch(words);
  });

  test('what is not JSON', async () => {
    const send = (body: string, type: string) =>
      fetch(`${sandbox.origin}/_control/user`, { method: 'POST', body, headers: { 'Content-Type': type } });
    expect((await send('{', 'application/json')).status).toBe(400);
    expect((await send('{"subject":"a"}', 'text/plain')).status).toBe(400);
    expect((await send('subject=a', 'application/x-www-form-urlencoded')).status).toBe(400);
    const emptyForm = await fetch(`${sandbox.origin}/_control/reset`, { method: 'POST', body: new URLSearchParams() });
    expect(emptyForm.status).toBe(400);
  });

  test('web pages', async () => {
    const response = await post(`${sandbox.origin}/_control/reset`, {}, { Origin: 'http://localhost:3000' });
    expect(response.status).toBe(403);
    expect((await get(`${sandbox.origin}/_control/calls`, { Origin: 'null' })).status).toBe(403);
  });

  test('unknown names and methods', async () => {
    expect((await post(`${sandbox.origin}/_control/nothing`, {})).status).toBe(404);
    expect((await get(`${sandbox.origin}/_control/user`)).status).toBe(405);
    expect((await post(`${sandbox.origin}/_control/calls`, {})).status).toBe(405);
  });
});
