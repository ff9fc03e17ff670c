/** docker-compose.yml as the README promises it, and the production files as src/config.ts accepts them. No engine is needed. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.js';
import { builtInDefinitions } from '../../src/providers/index.js';
import { composeFile, ROOT, service, text, yaml } from './deployment-files.js';

const definitionIds = builtInDefinitions.map(({ id }) => id);
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'latchkey-compose-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('docker-compose.yml', () => {
  const file = composeFile('docker-compose.yml');
  const app = service(file, 'app');
  const postgres = service(file, 'postgres');

  test('is the app, built here, with PostgreSQL 17', () => {
    expect(Object.keys(file.services).sort()).toEqual(['app', 'postgres']);
    expect(app.build).toBe('.');
    expect(postgres.image).toBe('postgres:17');
  });

  test('listens on this machine only, at the addresses that the README names', () => {
    expect(app.ports).toEqual(['127.0.0.1:3000:3000', '127.0.0.1:4000:4000']);
    expect(postgres.ports).toBeUndefined();
    for (const each of [app, postgres]) expect(each.network_mode).toBeUndefined();
  });

  test('is development mode with the sandbox, and its secrets are generated', () => {
    const config = readConfig({ ...app.environment, HOST: '0.0.0.0', DATA_DIR: '/data' }, definitionIds);
    expect(config).toMatchObject({
      production: false,
      baseUrl: 'http://localhost:3000',
      port: 3000,
      sandbox: { kind: 'own', port: 4000 },
      sessionSecrets: undefined,
      vaultKeys: undefined,
    });
    const database = new URL(config.databaseUrl ?? '');
    expect([
      database.hostname,
      database.port,
      database.pathname.slice(1),
      database.username,
      database.password,
    ]).toEqual([
      'postgres',
      '5432',
      ...['POSTGRES_DB', 'POSTGRES_USER', 'POSTGRES_PASSWORD'].map((name) => postgres.environment?.[name]),
    ]);
    expect(Object.keys(app.environment ?? {}).filter((name) => /SECRET|KEY|TOKEN/.test(name))).toEqual([]);
  });

  test('keeps secrets and data in named volumes', () => {
    expect(app.volumes).toEqual(['data:/data']);
    expect(postgres.volumes).toEqual(['postgres:/var/lib/postgresql/data']);
    expect(Object.keys(file.volumes).sort()).toEqual(['data', 'postgres']);
  });

  test('starts the app when the database answers, and calls it healthy when everything does', () => {
    expect(app.depends_on?.postgres?.condition).toBe('service_healthy');
    // Without -h it would ask the Unix socket, where the temporary server of the first start answers too.
    expect(postgres.healthcheck?.test.slice(0, 4)).toEqual(['CMD', 'pg_isready', '-h', '127.0.0.1']);
    expect(app.healthcheck?.test).toEqual(['CMD', 'node', 'deploy/healthcheck.mjs', '/readyz']);
  });

  test('the app has no privileges and a read-only root', () => {
    expect(app).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(app.privileged).toBeUndefined();
  });
});

describe('production', () => {
  const compose = composeFile('deploy/compose.production.yml');
  const manifests = yaml<{ kind: string; data?: Record<string, string>; spec?: unknown }>('deploy/kubernetes.yaml');
  const unit = text('deploy/latchkey.service');
  const unitEnvironment = Object.fromEntries(
    [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );

  test.each([
    ['compose', { ...service(compose, 'app').environment, BASE_URL: 'https://latchkey.example.com', HOST: '0.0.0.0' }],
    ['Kubernetes', manifests.find(({ kind }) => kind === 'ConfigMap')?.data ?? {}],
    ['systemd', { ...unitEnvironment, BASE_URL: 'https://latchkey.example.com' }],
  ])(
    '%s: the settings are accepted with the secrets as files, behind one proxy, without a sandbox',
    (_name, settings) => {
      const contents: Record<string, string> = {
        DATABASE_URL_FILE: 'postgresql://latchkey:password@postgres:5432/latchkey',
        SESSION_SECRET_FILE: 'MlSIdV3SdCfJ3AfEwtT2cPfmzPD0v3lmLYoYdyVtFbzq9ofz',
        VAULT_KEYS_FILE: `k1:${Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64')}`,
      };
      const environment: Record<string, string> = { ...settings };
      expect(Object.keys(environment)).toEqual(expect.arrayContaining(Object.keys(contents)));
      for (const [name, content] of Object.entries(contents)) {
        environment[name] = join(directory, name);
        writeFileSync(environment[name], `${content}\n`);
      }
      const config = readConfig(environment, definitionIds);
      expect(config).toMatchObject({ production: true, trustProxy: 1, sandbox: { kind: 'off' }, rateLimit: true });
      expect(config.vaultKeys).toBe(contents.VAULT_KEYS_FILE);
    },
  );

  test('compose: only Caddy is reached from outside, and it terminates TLS', () => {
    const published = Object.entries(compose.services).filter(([, { ports }]) => ports);
    expect(published.map(([name]) => name)).toEqual(['caddy']);
    expect(service(compose, 'caddy').ports).toEqual(['80:80', '443:443', '443:443/udp']);
    expect(text('deploy/Caddyfile')).toMatch(/^\{\$DOMAIN\} \{\n\treverse_proxy \{\$UPSTREAM:app:3000\}\n\}$/m);
    expect(service(compose, 'app')).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(service(compose, 'postgres').environment).not.toHaveProperty('POSTGRES_PASSWORD');
  });

  test('Kubernetes: probes, a read-only root, nobody privileged, and time to stop', () => {
    expect(manifests.find(({ kind }) => kind === 'Deployment')?.spec).toMatchObject({
      replicas: 2,
      template: {
        spec: {
          terminationGracePeriodSeconds: 45,
          securityContext: { runAsNonRoot: true, runAsUser: 1000 },
          containers: [
            {
              startupProbe: { httpGet: { path: '/healthz', port: 'http' } },
              livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
              readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
              securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
            },
          ],
        },
      },
    });
    // 5 s before the signal, then the drain of src/serve.ts, then a token call's 10 s.
    expect(Number(/DRAIN_MS = ([\d_]+)/.exec(text('src/serve.ts'))?.[1]?.replaceAll('_', ''))).toBe(25_000);
  });

  test('systemd: listens behind the proxy only, and as nobody in particular', () => {
    expect(unitEnvironment.HOST).toBe('127.0.0.1');
    expect(unit).toMatch(/^DynamicUser=yes$/m);
    expect(unit).toMatch(/^TimeoutStopSec=45$/m);
  });

  test('the document links to files that are there', () => {
    const links = [...text('docs/deploy.md').matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !existsSync(join(ROOT, 'docs', link)))).toEqual([]);
  });
});

const client = [['docker', 'compose'], ['docker-compose']].find(
  ([command = '', ...first]) => spawnSync(command, [...first, 'version']).status === 0,
);
if (client) {
  test.each(['docker-compose.yml', 'deploy/compose.production.yml'])('Compose itself finds no fault in %s', (path) => {
    const folder = mkdtempSync(join(directory, 'project-'));
    cpSync(join(ROOT, path), join(folder, 'docker-compose.yml'));
    writeFileSync(join(folder, 'latchkey.env'), '');
    const [command = '', ...first] = client;
    const result = spawnSync(command, [...first, '--file', join(folder, 'docker-compose.yml'), 'config', '--quiet'], {
      env: { ...process.env, DOMAIN: 'latchkey.example.com' },
      encoding: 'utf8',
    });
    expect([result.status, result.stderr]).toEqual([0, '']);
  });
}
