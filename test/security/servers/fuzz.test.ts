/** The short form of `npm run test:fuzz`: two thousand malformed requests over all routes, none of them a fault of ours (sec-K1, K3). */
import { type AddressInfo, connect } from 'node:net';
import { createFrontDoor, type FrontDoor } from '../../../src/web/front-door.js';
import { startApp, type TestApp } from '../../support/app.js';
import { until } from '../../support/until.js';
import { fuzz } from '../fuzz.js';

let app: TestApp;
let door: FrontDoor;
const failures: string[] = [];
const refusals: unknown[] = [];
beforeAll(async () => {
  app = await startApp({
    logger: {
      info: () => undefined,
      warn: (facts) => void refusals.push(facts),
      error: (facts, message) => void failures.push(`${message} ${JSON.stringify(facts)}`),
    },
  });
  // As a process of its own listens: with its own limits and its own answers to what is no request.
  door = createFrontDoor({ baseUrl: app.url, loopbackOrigins: [] });
  door.open(app.latchkey.router);
  await new Promise<void>((resolve) => door.server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await door.drain(0);
  await app.close();
});

test('sec-N2: somebody who goes away in the middle of a form is no outage of ours', async () => {
  const { port } = door.server.address() as AddressInfo;
  const form = ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 100'];
  const head = ['POST /auth/github HTTP/1.1', `Host: localhost:${port}`, ...form, '', 'abc'];
  const socket = connect(port, '127.0.0.1', () => socket.end(head.join('\r\n')));
  socket.on('error', () => undefined);
  await until(() => refusals.length > 0);
  expect(refusals).toMatchObject([{ code: 'bad_request', status: 400, path: '/auth/github' }]);
  expect(failures).toEqual([]);
});

test('two thousand malformed requests: no 5xx, no silence, nothing uncaught', async () => {
  const browser = app.browser();
  await app.signIn(browser, '990001', 'github');
  const { prisma } = app.database;
  const ids = (await prisma.connection.findMany({ select: { id: true } })).map(({ id }) => id);
  const csrf = await browser.csrf();
  const url = `http://localhost:${(door.server.address() as AddressInfo).port}`;
  const { statuses, wrong } = await fuzz({
    url,
    seed: 20_261_121,
    requests: 2_000,
    cookies: browser.cookies,
    csrf,
    ids,
  });
  expect({ wrong: wrong.slice(0, 5), failures: failures.slice(0, 5) }).toEqual({ wrong: [], failures: [] });
  // The fuzzer reaches what it aims at: pages, redirects, refusals of every kind.
  for (const status of [200, 303, 400, 403, 404, 405])
    expect([status, (statuses[status] ?? 0) > 5]).toEqual([status, true]);
  expect(await prisma.user.count()).toBe(1);
}, 60_000);
