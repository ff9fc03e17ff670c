/** Many calls at one moment, over all processes, with one expired token. */
import { startCluster, TOKEN_PATH } from './cluster.js';

/** A page that waits two seconds for a database connection answers 503; on two busy cores that may happen more than once. */
const MOST_TRIES = 20;

export interface BurstReport {
  readonly statuses: readonly number[];
  /** Calls that were turned away because the machine was too busy, and asked again. */
  readonly askedAgain: number;
  readonly tokenCalls: number;
  /** The connection afterwards, and by how much its generation moved. */
  readonly status: string | undefined;
  readonly generations: number;
}

export async function burst({
  databaseUrl,
  calls,
  processes,
}: {
  databaseUrl: string;
  calls: number;
  processes: number;
}): Promise<BurstReport> {
  const cluster = await startCluster({ size: processes, databaseUrl, accessTokenTtl: 3600, graceMs: 0 });
  try {
    await cluster.connect(1);
    const [before] = await cluster.rows();
    if (!before) throw new Error('The connection was not made.');
    const past = `now() - interval '1 minute'`;
    await cluster.sql(`UPDATE "Connection" SET "expiresAt" = ${past}, "refreshAt" = ${past} WHERE id = '${before.id}'`);
    const tokenCallsBefore = (await cluster.control.calls(TOKEN_PATH)).length;
    const all = Array.from({ length: Math.ceil(calls / processes) }, () => cluster.nodes)
      .flat()
      .slice(0, calls);
    let askedAgain = 0;
    const statuses = await Promise.all(
      all.map(async (node) => {
        let status = await cluster.call(node, before.id);
        for (let again = 0; status === 503 && again < MOST_TRIES; again++) {
          askedAgain++;
          status = await cluster.call(node, before.id);
        }
        return status;
      }),
    );
    const [after] = await cluster.rows();
    return {
      statuses: [...new Set(statuses)],
      askedAgain,
      tokenCalls: (await cluster.control.calls(TOKEN_PATH)).length - tokenCallsBefore,
      status: after?.status,
      generations: (after?.generation ?? 0) - before.generation,
    };
  } finally {
    await cluster.close();
  }
}
