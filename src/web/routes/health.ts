/** `GET /healthz`: the process answers. `GET /readyz`: so does everything it needs. */
import type { Router } from 'express';
import { route } from '../request-guards.js';

/** @param checks each rejects while its part is not ready; by name, for whoever reads the answer */
export function healthRoutes(router: Router, checks: Readonly<Record<string, () => Promise<void>>>): void {
  route(router, '/healthz', { get: [(_req, res) => void res.json({ status: 'ok' })] });
  route(router, '/readyz', {
    get: [
      async (_req, res) => {
        const entries = Object.entries(checks);
        const results = await Promise.allSettled(entries.map(([, check]) => check()));
        const parts = Object.fromEntries(
          entries.map(([name], index) => [name, results[index]?.status === 'fulfilled' ? 'ok' : 'not ready']),
        );
        const ready = results.every((result) => result.status === 'fulfilled');
        res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', parts });
      },
    ],
  });
}
