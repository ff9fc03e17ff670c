/** The image's health check as the engine runs it: a process of its own that asks a server on this machine. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './deployment-files.js';

/** Answers 200 at the paths in `well`, 302 at /moved, 503 everywhere else. */
async function serverWith(well: readonly string[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    response.statusCode = well.includes(path) ? 200 : path === '/moved' ? 302 : 503;
    if (path === '/moved') response.setHeader('Location', '/healthz');
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise((resolve) => server.close(resolve));
  return { port: String((server.address() as AddressInfo).port), asked, close };
}

async function exitCode(environment: Record<string, string>, ...argv: string[]): Promise<number> {
  const child = spawn(process.execPath, [join(ROOT, 'deploy/healthcheck.mjs'), ...argv], { env: environment });
  const [code] = await once(child, 'exit');
  return code;
}

test('is the page that was asked for, where BASE_URL mounts the app', async () => {
  const server = await serverWith(['/healthz', '/accounts/readyz']);
  try {
    const { port: PORT } = server;
    expect(await exitCode({ PORT, BASE_URL: ' ' })).toBe(0);
    expect(await exitCode({ PORT }, '/readyz')).toBe(1);
    expect(await exitCode({ PORT, BASE_URL: 'https://app.example.com/accounts/' }, '/readyz')).toBe(0);
    expect(await exitCode({ PORT }, '/moved')).toBe(1);
    expect(server.asked).toEqual(['/healthz', '/readyz', '/accounts/readyz', '/moved']);
  } finally {
    await server.close();
  }
});

test('a server that is not there is not healthy', async () => {
  const { port, close } = await serverWith([]);
  await close();
  expect(await exitCode({ PORT: port })).toBe(1);
});
