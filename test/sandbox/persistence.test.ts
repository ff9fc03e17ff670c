/** What the sandbox granted outlives it: an orderly restart, and a process killed in the middle of things. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OAuth1Session, TokenCredentials } from '../../src/oauth1/index.js';
import {
  authorizationParameters,
  callAs,
  callbackOf,
  connect,
  consent,
  decide,
  freshFolder,
  get,
  oauth2Facts,
  pkce,
  post,
  profileStatus,
  type Running,
  redeem,
  refresh,
  removeFolder,
  start,
} from './support.js';

let folder: string;

beforeEach(() => {
  folder = freshFolder();
});

afterEach(() => {
  removeFolder(folder);
});

const twitter = {
  requestToken: '/api.x.com/oauth/request_token',
  authorize: '/api.x.com/oauth/authorize',
  accessToken: '/api.x.com/oauth/access_token',
};

function twitterSession(origin: string, credentials?: TokenCredentials, now = Date.now): OAuth1Session {
  return new OAuth1Session({
    clientId: 'sandbox-twitter',
    clientSecret: 'sandbox-secret',
    endpoints: {
      requestToken: origin + twitter.requestToken,
      authorize: origin + twitter.authorize,
      accessToken: origin + twitter.accessToken,
    },
    fetch,
    now,
    ...(credentials ? { credentials } : {}),
  });
}

async function openCode(origin: string): Promise<{ code: string; verifier: string }> {
  const { verifier, challenge } = pkce();
  const callback = await consent(origin, oauth2Facts.fitbit.authorize, authorizationParameters('fitbit', challenge));
  return { code: callback.get('code') ?? '', verifier };
}

/** Leaves something of every kind behind; `check` finds it again, wherever the sandbox then answers. */
async function leaveTraces(origin: string, now: () => number) {
  const chosen = { subject: 'traveller', name: 'Tara Traveller', username: 'tara', email: 'tara@example.com' };
  await post(`${origin}/_control/user`, chosen);
  const fitbit = await connect(origin, 'fitbit');
  const rotated = await refresh(origin, 'fitbit', fitbit.refresh);
  const { code, verifier } = await openCode(origin);
  const temporary = await twitterSession(origin, undefined, now).requestTemporaryCredentials({
    callback: callbackOf('twitter'),
  });
  const page = await get(twitterSession(origin).authorizationUrl(temporary));
  const back = await decide(origin, await page.text(), 'allow');
  const tokens = await twitterTokens(origin, now);
  const consentUrl = `${oauth2Facts.fitbit.authorize}?${new URLSearchParams(authorizationParameters('fitbit', pkce().challenge))}`;
  const openPage = await (await get(origin + consentUrl)).text();
  const secrets = [
    fitbit.access,
    fitbit.refresh,
    String(rotated.body.access_token),
    String(rotated.body.refresh_token),
    code,
    temporary.token,
    temporary.toPlain().tokenSecret,
    tokens.token,
    tokens.tokenSecret,
    new URL(back.headers.get('location') ?? '').searchParams.get('oauth_verifier') ?? '',
  ];
  return {
    secrets,
    async check(later: string): Promise<void> {
      expect(await profileStatus(later, 'fitbit', fitbit.access)).toBe(200);
      const profile = await callAs(later, oauth2Facts.fitbit.profile, String(rotated.body.access_token));
      expect(await profile.json()).toMatchObject({ user: { encodedId: 'traveller', fullName: 'Tara Traveller' } });
      expect((await redeem(later, 'fitbit', code, verifier)).status).toBe(200);
      expect((await refresh(later, 'fitbit', String(rotated.body.refresh_token))).status).toBe(200);
      const session = twitterSession(later, undefined, now);
      const proven = session.checkCallback(new URL(back.headers.get('location') ?? ''), temporary);
      expect((await session.requestTokenCredentials(proven)).parameters).toMatchObject({ user_id: 'traveller' });
      const call = await twitterSession(later, TokenCredentials.from(tokens), now).fetch(
        `${later}/api.x.com/2/users/me`,
      );
      expect(await call.json()).toMatchObject({ data: { id: 'traveller', username: 'tara' } });
      // The page was open when the sandbox went away; its button still works.
      const allowed = await decide(later, openPage, 'allow');
      expect(allowed.status).toBe(303);
      // The choice of who consents holds on.
      const next = await connect(later, 'github');
      expect(await (await callAs(later, oauth2Facts.github.profile, next.access)).json()).toMatchObject({
        login: 'tara',
      });
      // A refresh token that was spent before is still spent: the whole family ends.
      expect((await refresh(later, 'fitbit', fitbit.refresh)).status).toBe(400);
      expect(await profileStatus(later, 'fitbit', fitbit.access)).toBe(401);
    },
  };
}

async function twitterTokens(origin: string, now: () => number): Promise<{ token: string; tokenSecret: string }> {
  const session = twitterSession(origin, undefined, now);
  const temporary = await session.requestTemporaryCredentials({ callback: callbackOf('twitter') });
  const page = await get(session.authorizationUrl(temporary));
  const back = await decide(origin, await page.text(), 'allow');
  const proven = session.checkCallback(new URL(back.headers.get('location') ?? ''), temporary);
  return (await session.requestTokenCredentials(proven)).toPlain();
}

/** Sends a recorded signature again; its host is part of it, so it is given as it was. */
function replay(port: number, host: string, authorization: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { Host: host, Authorization: authorization };
    httpGet({ port, host: '127.0.0.1', path: '/api.x.com/2/users/me', headers }, (response) => {
      response.resume();
      resolve(response.headers['www-authenticate'] ?? '');
    }).on('error', reject);
  });
}

describe('an orderly restart', () => {
  test('changes nothing for those who hold tokens', async () => {
    const first = await start({ dataDir: folder });
    const traces = await leaveTraces(first.origin, () => first.clock.now);
    await first.stop();
    const second = await start({ dataDir: folder, now: first.clock.now });
    await traces.check(second.origin);
    await second.stop();
  });

  test('puts behaviour and scripted answers back', async () => {
    const first = await start({ dataDir: folder });
    await first.control('behaviour', { autoApprove: true, accessTokenTtl: 1 });
    await first.control('next', { path: '/api.fitbit.com/x', status: 500 });
    await first.stop();
    const second = await start({ dataDir: folder });
    expect(await second.control('behaviour')).toMatchObject({ autoApprove: false, accessTokenTtl: null });
    expect((await get(`${second.origin}/api.fitbit.com/x`)).status).toBe(401);
    expect(await second.calls('/api.fitbit.com/x')).toHaveLength(1);
    await second.stop();
  });

  test('remembers used nonces and redeemed codes', async () => {
    const first = await start({ dataDir: folder });
    const { code, verifier } = await openCode(first.origin);
    const tokens = await redeem(first.origin, 'fitbit', code, verifier);
    let authorization = '';
    const recording = new OAuth1Session({
      clientId: 'sandbox-twitter',
      clientSecret: 'sandbox-secret',
      credentials: TokenCredentials.from(await twitterTokens(first.origin, () => first.clock.now)),
      fetch: (url, init = {}) => {
        authorization = new Headers(init.headers).get('authorization') ?? '';
        return fetch(url, init);
      },
      now: () => first.clock.now,
    });
    expect((await recording.fetch(`${first.origin}/api.x.com/2/users/me`)).status).toBe(200);
    await first.stop();
    const second = await start({ dataDir: folder });
    expect(await replay(second.port, new URL(first.origin).host, authorization)).toContain('nonce_used');
    expect((await redeem(second.origin, 'fitbit', code, verifier)).status).toBe(400);
    expect(await profileStatus(second.origin, 'fitbit', String(tokens.body.access_token))).toBe(401);
    await second.stop();
  });

  test('forgets what has expired', async () => {
    const first = await start({ dataDir: folder });
    await connect(first.origin, 'fitbit');
    await openCode(first.origin);
    await first.stop();
    const second = await start({ dataDir: folder, now: first.clock.now + 7 * 86_400_000 });
    await second.stop();
    const kept = readFileSync(join(folder, 'journal.jsonl'), 'utf8');
    expect(kept).not.toContain('"code"');
    expect(kept).not.toContain('"access"');
    expect(kept).toContain('"refresh"');
  });
});

describe('what lies in the folder', () => {
  test('is private, and tells no token, code or secret', async () => {
    const running = await start({ dataDir: folder });
    const traces = await leaveTraces(running.origin, () => running.clock.now);
    expect(traces.secrets.every((secret) => secret.length > 20)).toBe(true);
    await running.stop();
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      expect(statSync(file).mode & 0o077).toBe(0);
      const content = readFileSync(file);
      for (const secret of traces.secrets) {
        expect(content.includes(secret)).toBe(false);
        expect(content.includes(Buffer.from(secret).toString('base64url').slice(0, -2))).toBe(false);
      }
    }
  });
});

describe('kill -9', () => {
  let child: ChildProcess | undefined;

  afterEach(() => {
    child?.kill('SIGKILL');
  });

  async function startChild(): Promise<string> {
    const script = fileURLToPath(new URL('./child.ts', import.meta.url));
    child = spawn(process.execPath, ['--import', 'tsx', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const { stdout } = child;
    if (!stdout) throw new Error('The child has no output.');
    const [line] = (await once(stdout, 'data')) as [Buffer];
    return `http://127.0.0.1:${Number(line.toString())}`;
  }

  async function kill(): Promise<void> {
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  test('loses nothing that was answered', async () => {
    const traces = await leaveTraces(await startChild(), Date.now);
    await kill();
    const second = await start({ dataDir: folder, now: Date.now() });
    await traces.check(second.origin);
    await second.stop();
  });

  test('between the state change and the answer: the change has been written', async () => {
    const origin = await startChild();
    const { access, refresh: token } = await connect(origin, 'fitbit');
    await post(`${origin}/_control/hold`, { path: oauth2Facts.fitbit.token });
    const lost = refresh(origin, 'fitbit', token).then(
      () => 'answered',
      () => 'lost',
    );
    const path = encodeURIComponent(oauth2Facts.fitbit.token);
    const seen = async () =>
      ((await (await fetch(`${origin}/_control/calls?path=${path}`)).json()) as { calls: unknown[] }).calls.length;
    while ((await seen()) < 2) await new Promise(setImmediate);
    await kill();
    expect(await lost).toBe('lost');
    const second = await start({ dataDir: folder, now: Date.now() });
    await second.control('behaviour', { graceMs: 600_000 });
    expect((await refresh(second.origin, 'fitbit', token)).status).toBe(200);
    await second.control('behaviour', { graceMs: 0 });
    expect((await refresh(second.origin, 'fitbit', token)).status).toBe(400);
    expect(await profileStatus(second.origin, 'fitbit', access)).toBe(401);
    await second.stop();
  });

  test('leaves no lock behind, while a living process keeps others out', async () => {
    await startChild();
    const refused = start({ dataDir: folder });
    await expect(refused).rejects.toMatchObject({ code: 'sandbox_in_use' });
    await expect(refused).rejects.toThrow(new RegExp(`process ${child?.pid}\\b.*${folder}`));
    await kill();
    const second: Running = await start({ dataDir: folder });
    await second.stop();
  });
});
