/** A database full of people with connections, written by SQL: two connections each, most of them due some time within the next hours. */
import { createHash } from 'node:crypto';
import type { Database } from '../../dist/db/index.js';

export const PROVIDERS: readonly string[] = Array.from({ length: 10 }, (_, at) => `provider-${at}`);

/** Due when the rows are written: one in so many. */
const DUE_SHARE = 499;

/** @param connections how many; the credentials cannot be opened, but are as long as real ones */
export async function fill(database: Database, connections: number): Promise<void> {
  await database.withConnection(async (connection) => {
    // Millions of foreign keys that are known to hold need not be looked up one by one.
    await connection.query('SET session_replication_role = replica');
    await connection.query(
      `INSERT INTO "User" ("id", "name") SELECT md5('person ' || n)::uuid, 'Person ' || n FROM generate_series(0, $1::int - 1) AS n`,
      [Math.ceil(connections / 2)],
    );
    await connection.query(
      `INSERT INTO "Connection" ("id", "userId", "provider", "sandbox", "namespace", "subject", "label", "profile", "scopes", "credentials",
                                 "keyId", "expiresAt", "refreshAt")
       SELECT md5('connection ' || n)::uuid, md5('person ' || n / 2)::uuid, provider, false, provider, n::text, 'Person ' || n,
              '{"name": "A person", "username": "person"}', '{activity,profile}', repeat(md5(n::text), 16), 'bench',
              due + interval '5 minutes', due
         FROM generate_series(0, $1::int - 1) AS n,
      LATERAL (SELECT 'provider-' || (n * 7 + n / 2) % 10 AS provider,
                      now() + CASE WHEN n % ${DUE_SHARE} = 0 THEN interval '-1 second' ELSE interval '5 minutes' END
                            + random() * interval '8 hours' * (CASE WHEN n % ${DUE_SHARE} = 0 THEN -0.01 ELSE 1 END) AS due) AS made`,
      [connections],
    );
    await connection.query('VACUUM ANALYZE "User"');
    await connection.query('VACUUM ANALYZE "Connection"');
  });
}

/** @param at which person, from 0 */
export function personId(at: number): string {
  return asUuid(`person ${at}`);
}

/** @param at which connection, from 0 */
export function connectionId(at: number): string {
  return asUuid(`connection ${at}`);
}

/** The provider of a connection, as `fill` chose it. */
export function providerOf(at: number): string {
  return `provider-${(at * 7 + Math.floor(at / 2)) % 10}`;
}

function asUuid(text: string): string {
  const hex = createHash('md5').update(text).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
