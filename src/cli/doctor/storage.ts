/** The database: whether it answers, whether the way to it is encrypted, and whether the vault has the keys it was sealed with. */
import { type Database, DataDirectoryLocked, fingerprintStore } from '../../db/index.js';
import { secretsOf } from '../../installation.js';
import { KeyRing } from '../../vault/index.js';
import { isLoopbackHost } from '../../web/site.js';
import type { CommandLine } from '../command-line.js';
import { complaint } from '../complaint.js';
import { type Finding, failure, ok, warning } from './finding.js';

/** @returns the database when it could be opened; it is closed when the command ends */
export async function openForLooking(cli: CommandLine): Promise<{ database?: Database; finding: Finding }> {
  try {
    const database = await cli.openDatabase('latchkey doctor');
    await database.ping();
    const where = database.kind === 'server' ? 'PostgreSQL of DATABASE_URL' : 'The embedded database';
    return { database, finding: ok('database', `${where} answers.`) };
  } catch (error) {
    if (error instanceof DataDirectoryLocked) {
      // What a healthy installation looks like while its server runs.
      const advice = 'To look at the rest, stop it or set DATABASE_URL.';
      return { finding: warning('database', error.message.split('. ')[0] ?? error.message, advice) };
    }
    const { message, advice } = complaint(error);
    return { finding: failure('database', message, advice ?? 'Check DATABASE_URL, and that the server runs.') };
  }
}

export async function databaseTls({ prisma, kind }: Database, url: string | undefined): Promise<Finding[]> {
  if (kind !== 'server' || url === undefined) return [];
  const about = 'database TLS';
  const host = new URL(url).hostname;
  if (host === '' || isLoopbackHost(host)) return [ok(about, 'Not needed: the database is on this machine.')];
  const rows = await prisma.$queryRaw<{ ssl: boolean }[]>`SELECT "ssl" FROM pg_stat_ssl WHERE "pid" = pg_backend_pid()`;
  if (rows[0]?.ssl) return [ok(about, 'The way to the database is encrypted.')];
  return [
    warning(
      about,
      'The way to the database is not encrypted.',
      'Add ?sslmode=verify-full to DATABASE_URL, unless the network is yours alone.',
    ),
  ];
}

export async function vaultKeys(cli: CommandLine, database: Database): Promise<Finding> {
  const about = 'vault keys';
  try {
    const ring = KeyRing.parse(secretsOf(cli.installation.config).vaultKeys);
    const inUse = await fingerprintStore(database.prisma).list();
    const missing = inUse.filter(({ id, fingerprint }) => ring.fingerprint(id) !== fingerprint).map(({ id }) => id);
    if (missing.length === 0) return ok(about, `${ring.ids.length} in the ring, ${ring.activeId} seals.`);
    return failure(
      about,
      `VAULT_KEYS lacks the key that sealed this database: ${missing.join(', ')}.`,
      'Add it back, behind the active one.',
    );
  } catch (error) {
    const { message, advice } = complaint(error);
    return failure(about, message, advice ?? 'A database that was never migrated has none yet: latchkey migrate');
  }
}
