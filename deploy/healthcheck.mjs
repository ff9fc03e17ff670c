/**
 * For HEALTHCHECKs: asks the app in this container and exits with 0 when it answers 200.
 * Usage: node deploy/healthcheck.mjs [/healthz | /readyz]
 */
const [path = '/healthz'] = process.argv.slice(2);
const port = process.env.PORT?.trim() || '3000';
// The app is served under BASE_URL's path, these pages included.
const mount = new URL(process.env.BASE_URL?.trim() || 'http://localhost').pathname.replace(/\/+$/, '');
const url = `http://127.0.0.1:${port}${mount}${path}`;

try {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(4_000) });
  process.stdout.write(`${response.status} ${(await response.text()).slice(0, 500)}\n`);
  process.exitCode = response.status === 200 ? 0 : 1;
} catch (error) {
  process.stdout.write(`${url}: ${error instanceof Error ? (error.cause ?? error) : error}\n`);
  process.exitCode = 1;
}
