/** The router in somebody's own Express app, under a path of theirs: what README promises, in as few lines. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import request from 'supertest';
import { createLatchkey, type Latchkey } from '../../src/index.js';
import { builtInDefinitions } from '../../src/providers/index.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.js';
import { sandboxControl, TEST_VAULT_KEYS } from '../support/app.js';
import { type testDatabase as TestDatabase, testDatabase } from '../support/database.js';

let server: Server;
let sandbox: Sandbox;
let latchkey: Latchkey;
let database: Awaited<ReturnType<typeof TestDatabase>>;
const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-mounted-'));
const app = express();

beforeAll(async () => {
  database = await testDatabase();
  sandbox = await createSandbox({ definitions: builtInDefinitions, dataDir, redirectBasePaths: ['/accounts'] });
  const { origin } = await sandbox.listen(0, '127.0.0.1');
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  latchkey = await createLatchkey({
    database: database.database,
    baseUrl: `http://localhost:${(server.address() as AddressInfo).port}/accounts`,
    sessionSecrets: ['a session secret for the mounted router'],
    vaultKeys: TEST_VAULT_KEYS,
    sandboxOrigin: origin,
  });
  app.get('/', (_req, res) => void res.send('the host app'));
  app.use('/accounts', latchkey.router);
  await sandboxControl(origin).behaviour({ autoApprove: true });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await latchkey.close();
  await sandbox.close();
  await database.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('the whole flow stays below the mount path, and the host keeps its own pages', async () => {
  const agent = request.agent(server);
  expect((await agent.get('/')).text).toBe('the host app');
  const home = await agent.get('/accounts/').expect(200);
  expect(home.text).toContain('action="/accounts/auth/twitter"');
  expect(home.text).toContain('href="/accounts/assets/latchkey.css"');
  await agent.get('/accounts/assets/latchkey.css').expect(200).expect('Content-Type', /css/);
  const _csrf = /name="_csrf" value="([\w-]+)"/.exec(home.text)?.[1];

  const started = await agent.post('/accounts/auth/twitter').type('form').send({ _csrf }).expect(303);
  const consent = await fetch(started.headers.location ?? '', { redirect: 'manual' });
  const callback = new URL(consent.headers.get('location') ?? '');
  expect(callback.pathname).toBe('/accounts/auth/twitter/callback');
  await agent
    .get(callback.pathname + callback.search)
    .expect(303)
    .expect('Location', '/accounts/welcome');
  await agent
    .post('/accounts/welcome')
    .type('form')
    .send({ _csrf, decision: 'create' })
    .expect(303)
    .expect('Location', '/accounts/');
  const dashboard = await agent.get('/accounts/').expect(200);
  expect(dashboard.text).toContain('data-provider="twitter" data-status="active"');
  expect((await agent.get('/accounts/nowhere').expect(404)).text).toContain('There is nothing here');
});
