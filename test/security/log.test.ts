/** What the log may say: everything needed to follow an incident, and no secret, whoever hands it over (sec-M1 to M4). */
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import express from 'express';
import fc from 'fast-check';
import { errorPages } from '../../src/web/errors.js';
import { createFrontDoor } from '../../src/web/front-door.js';
import { createLog } from '../../src/web/log.js';
import { redacted, safeText } from '../../src/web/log-redaction.js';
import { createLogger } from '../../src/web/logger.js';
import { WebError } from '../../src/web/web-error.js';
import { startApp, type TestApp } from '../support/app.js';

const lines: string[] = [];
const logger = createLogger('trace', { write: (line: string) => void lines.push(line) });
const parsed = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
beforeEach(() => {
  lines.length = 0;
});

const CANARY = 'CANARY7f3a91c2';

describe('redaction is by structure, not by who remembered it', () => {
  const names = [
    'accessToken',
    'refresh_token',
    'id_token',
    'client_secret',
    'Authorization',
    'set-cookie',
    'code_verifier',
  ]
    .concat([
      'oauth_signature',
      'oauth_token_secret',
      'nonce',
      'password',
      'code',
      'state',
      'baseString',
      'DATABASE_URL',
    ])
    .concat(['VAULT_KEYS', 'csrfToken', 'credentials', 'client_assertion', 'privateKey']);

  test.each(names)('%s is masked at every depth', (name) => {
    logger.info({ [name]: CANARY, deep: [{ er: { [name]: { value: CANARY } } }] }, 'told');
    expect(lines.join()).not.toContain(CANARY);
    expect(lines.join()).toContain('[redacted]');
  });

  test('whatever the shape, nothing under such a name gets through', () => {
    const leaf = fc.constantFrom<unknown>(
      CANARY,
      [CANARY],
      { a: CANARY },
      new Map([[CANARY, CANARY]]),
      Buffer.from(CANARY),
    );
    const shape = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        tie('secret'),
        fc.dictionary(fc.constantFrom('a', 'b', 'cause'), tie('node')),
        fc.array(tie('node')),
      ),
      secret: fc.tuple(fc.constantFrom(...names), leaf).map(([name, value]) => ({ [name]: value })),
    })).node;
    fc.assert(
      fc.property(shape, (value) => {
        expect(inspect(redacted(value), { depth: 20 })).not.toContain(CANARY);
      }),
      { seed: 9, numRuns: 500 },
    );
  });

  test.each([
    ['a header', `Authorization: Bearer ${CANARY}`],
    ['an OAuth 1 header', `OAuth oauth_token="${CANARY}", oauth_signature="${CANARY}"`],
    ['an address with a code', `https://app.example.com/auth/x/callback?code=${CANARY}&state=${CANARY}`],
    ['an address with a fragment', `https://app.example.com/#access_token=${CANARY}`],
    ['an address with a password', `postgresql://latchkey:${CANARY}@db/latchkey`],
    ['a form', `grant_type=refresh_token&refresh_token=${CANARY}&client_secret=${CANARY}`],
    ['JSON', `{"access_token":"${CANARY}","expires_in":3600}`],
    ['a JWT', `eyJhbGciOiJub25l.eyJ${CANARY}.${CANARY}`],
  ])('a text that holds %s is masked where it is secret', (_what, text) => {
    logger.warn({ reason: text }, text);
    expect(lines.join()).not.toContain(CANARY);
  });

  test('errors become their causes, without messages; objects nobody knows are only named', () => {
    class Request {
      readonly headers = { cookie: CANARY };
    }
    const error = new Error(`failed with ${CANARY}`, {
      cause: Object.assign(new Error(CANARY), { code: 'ECONNRESET' }),
    });
    logger.error(error, 'told');
    logger.error(
      { err: error, request: new Request(), bytes: Buffer.from(CANARY), at: new URL(`https://h/p?x=${CANARY}`) },
      'told',
    );
    expect(lines.join()).not.toContain(CANARY);
    expect(lines.join()).toContain('ECONNRESET');
    expect(parsed()[1]).toMatchObject({ request: '[Request]', bytes: '[bytes]', at: 'https://h/p' });
  });

  test('what is no secret stays readable', () => {
    const facts = {
      code: 'flow_expired',
      status: 502,
      provider: 'fitbit',
      requestId: 'a-b',
      detail: { state: 'active', reason: 'invalid_grant' },
    };
    logger.info(facts, 'request');
    expect(parsed()[0]).toMatchObject(facts);
    for (const code of ['ECONNREFUSED', 'P2002', '57P01', 'internal']) expect(redacted({ code })).toEqual({ code });
  });

  test('sec-M3: no text begins a line of its own or clears a screen', () => {
    const forged = 'x\r\n{"level":50}\u001b[2J\u0085\u2028\u2029\u202e';
    logger.info({ [forged]: forged, list: [forged] }, forged);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    expect(safeText('a'.repeat(10_000)).length).toBeLessThan(600);
    expect(parsed()[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });
});

describe('the app', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ logger });
  });
  afterAll(() => app.close());
  const events = (kind: string) => parsed().filter((line) => line.msg === 'event' && line.kind === kind);
  const refusals = (code: string) => parsed().filter((line) => line.msg === 'request refused' && line.code === code);

  test('sec-M2: what happens to whom is one line each, with request, person, provider and address', async () => {
    const browser = app.browser();
    await app.signIn(browser, '9101', 'github');
    const page = await app.flow(browser, '/connect/fitbit');
    await browser.post(`${new URL(page.location ?? '').pathname}/disconnect`);
    await browser.post('/logout');
    const person = await app.database.prisma.user.findFirstOrThrow();
    for (const kind of ['account_created', 'connected', 'disconnected', 'signed_out']) {
      const [line, ...others] = events(kind).filter((one) => kind !== 'connected' || one.provider === 'fitbit');
      expect([kind, others]).toEqual([kind, []]);
      expect(line).toMatchObject({
        userId: person.id,
        requestId: expect.stringMatching(/^[\da-f-]{36}$/),
        address: expect.any(String),
      });
    }
    expect(events('disconnected')[0]).toMatchObject({ provider: 'fitbit' });
  });

  test('sec-M2: what is refused is one line, too', async () => {
    const browser = app.browser();
    await browser.request('/auth/github', { method: 'POST' });
    await browser.get('/auth/github/callback?code=x&state=unknown');
    for (const code of ['csrf_refused', 'flow_unknown']) {
      expect(refusals(code)).toHaveLength(1);
      expect(refusals(code)[0]).toMatchObject({
        requestId: expect.any(String),
        address: expect.any(String),
        status: expect.any(Number),
      });
    }
  });

  test('sec-M4: a provider that echoes the request fills no log, and the page names the line to look for', async () => {
    const browser = app.browser();
    const started = await browser.post('/auth/github');
    const callback = await app.consent(started.location);
    const code = new URL(callback).searchParams.get('code') ?? CANARY;
    await app.control.next({
      path: '/github.com/login/oauth/access_token',
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error: 'bad', error_description: `${CANARY} ${code} `.repeat(2_000) }),
    });
    const page = await browser.get(callback);
    expect(page.status).toBe(502);
    const [, requestId] = /name <code>([\da-f-]{36})<\/code>/.exec(page.text) ?? [];
    const told = lines.filter((line) => line.includes(requestId ?? 'none'));
    expect(told.length).toBeGreaterThan(0);
    for (const line of lines) expect(line.length).toBeLessThan(2_000);
    for (const secret of [CANARY, code]) expect(lines.join() + page.text).not.toContain(secret);
  });
});

test('an error page that breaks itself is a failure in the log, and a plain answer to the visitor', async () => {
  const log = createLog(logger);
  const views = {
    render() {
      throw new TypeError(`${CANARY} is not a function`);
    },
    notify() {},
  };
  const router = express.Router();
  router.use(log.requests);
  router.use((_req, _res, next) => next(new WebError(404, 'not_found')));
  router.use(errorPages(views, log));
  const door = createFrontDoor({ baseUrl: 'http://localhost:1', loopbackOrigins: [] });
  door.open(router);
  await new Promise<void>((resolve) => door.server.listen(0, '127.0.0.1', resolve));
  const { port } = door.server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/nowhere`, { headers: { accept: 'text/html' } });
  const text = await answer.text();
  await door.drain(0);
  expect([answer.status, text]).toEqual([500, 'Something went wrong on our side.\n']);
  const told = parsed().filter(({ msg }) => msg === 'request failed');
  expect(told).toMatchObject([{ code: 'internal', causes: [{ name: 'TypeError', at: expect.any(Array) }] }]);
  expect(told[0]?.requestId).toBe(answer.headers.get('x-request-id'));
  expect(lines.join() + text).not.toContain(CANARY);
});
