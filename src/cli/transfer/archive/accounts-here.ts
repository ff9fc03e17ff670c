/** Whose the accounts of a batch are in this database already: looked up in two statements, whatever the batch's size. */
import type { PrismaTransaction } from '../../../db/index.js';

interface Account {
  readonly namespace: string;
  readonly subject: string;
}

export interface AccountsHere {
  /** Whose way to sign in it is. */
  signsIn(account: Account): string | undefined;
  /** Whose it is, as a way to sign in or as a connection. */
  owner(account: Account): string | undefined;
  connects(account: Account & { readonly provider: string }): boolean;
}

export async function accountsHere(tx: PrismaTransaction, accounts: readonly Account[]): Promise<AccountsHere> {
  const namespaces = accounts.map(({ namespace }) => namespace);
  const subjects = accounts.map(({ subject }) => subject);
  const identities = await tx.$queryRaw<(Account & { userId: string })[]>`
    SELECT "namespace", "subject", "userId"::text AS "userId" FROM "Identity"
     WHERE ("namespace", "subject") IN (SELECT * FROM unnest(${namespaces}::text[], ${subjects}::text[]))`;
  const connections = await tx.$queryRaw<(Account & { userId: string; provider: string })[]>`
    SELECT "namespace", "subject", "provider", "userId"::text AS "userId" FROM "Connection"
     WHERE NOT "sandbox"
       AND ("namespace", "subject") IN (SELECT * FROM unnest(${namespaces}::text[], ${subjects}::text[]))`;
  const signIns = new Map(identities.map((row) => [keyOf(row), row.userId]));
  const connected = new Map(connections.map((row) => [keyOf(row), row.userId]));
  const rows = new Set(connections.map((row) => `${keyOf(row)}\n${row.provider}`));
  return {
    signsIn: (account) => signIns.get(keyOf(account)),
    owner: (account) => signIns.get(keyOf(account)) ?? connected.get(keyOf(account)),
    connects: (account) => rows.has(`${keyOf(account)}\n${account.provider}`),
  };
}

function keyOf({ namespace, subject }: Account): string {
  return `${namespace}\n${subject}`;
}
