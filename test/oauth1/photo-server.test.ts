/** The example server, used over a socket by our session and by nobody else's rules. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OAuth1Session, signRequest } from '../../src/oauth1/index.js';
import { createPhotoServer } from './photo-server.js';

const client = { clientId: 'printer', clientSecret: 'printer-secret' };
let server: Server;
let origin: string;

beforeAll(async () => {
  server = createPhotoServer(
    new Map([
      [client.clientId, client.clientSecret],
      ['thief', 'thief-secret'],
    ]),
  );
  await new Promise<void>((resolve) => server.listen(0, resolve));
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const open = (who: { clientId: string; clientSecret: string } = client) =>
  new OAuth1Session({
    ...who,
    endpoints: { requestToken: `${origin}/initiate`, authorize: `${origin}/authorize`, accessToken: `${origin}/token` },
    fetch,
  });

async function connect() {
  const flow = open();
  const temporary = await flow.requestTemporaryCredentials({ callback: 'http://printer.example/ready' });
  const agreed = await fetch(flow.authorizationUrl(temporary), { redirect: 'manual' });
  return flow.requestTokenCredentials(flow.checkCallback(agreed.headers.get('location') ?? '', temporary));
}

test('from nothing to photos', async () => {
  const credentials = await connect();
  const photos = await new OAuth1Session({ ...client, credentials, fetch }).fetch(`${origin}/photos?size=original`);
  expect([photos.status, await photos.text()]).toEqual([200, 'photos of Jane']);
});

test('unsigned, replayed and foreign requests get the same 401', async () => {
  const credentials = await connect();
  const request = { method: 'GET', url: `${origin}/photos` };
  const { token, tokenSecret } = credentials;
  const right = signRequest(request, { ...client, token, tokenSecret });
  expect((await fetch(right.url, { headers: right.headers })).status).toBe(200);
  const foreign = signRequest(request, { clientId: 'thief', clientSecret: 'thief-secret', token, tokenSecret });
  const answers = await Promise.all(
    [{}, right.headers, foreign.headers].map(async (headers) => {
      const answer = await fetch(right.url, { headers });
      return [answer.status, answer.headers.get('www-authenticate'), await answer.text()];
    }),
  );
  expect(answers[0]).toEqual([401, 'OAuth realm="Photos"', expect.any(String)]);
  expect(answers).toEqual([answers[0], answers[0], answers[0]]);
});

test('a wrong verifier spends the temporary credentials', async () => {
  const flow = open();
  const temporary = await flow.requestTemporaryCredentials({ callback: 'oob' });
  const pin = await (await fetch(flow.authorizationUrl(temporary))).text();
  const wrong = flow.requestTokenCredentials(flow.authorizeWithPin(temporary, `${pin}x`));
  await expect(wrong).rejects.toMatchObject({ code: 'oauth1_token_request_refused', status: 400 });
  const late = flow.requestTokenCredentials(flow.authorizeWithPin(temporary, pin));
  await expect(late).rejects.toMatchObject({ status: 401 });
});
