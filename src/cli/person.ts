/** `--user`: whose accounts a command is about. */
import { Option } from 'commander';
import { findLocalPerson, identityOwner, isLocalName, isRowId, localPerson } from '../accounts/index.js';
import type { PrismaClient } from '../db/index.js';
import { CliFailure } from './failure.js';

/** Who somebody is that says nothing. */
const DEFAULT_NAME = 'local';

/** For every command that acts for somebody. */
export function userOption(): Option {
  return new Option(
    '-u, --user <person>',
    'whose accounts: a name used on this command line only, the id of a person of the web app, or <namespace>:<subject> of how they sign in',
  ).default(DEFAULT_NAME);
}

/**
 * @param create a name that is not known yet becomes a person
 * @returns the person's id
 * @throws CliFailure when there is no such person
 */
export async function personOf(prisma: PrismaClient, text: string, create: boolean): Promise<string> {
  const found =
    (await findPerson(prisma, text)) ?? (create && isNewName(text) ? await localPerson(prisma, text) : undefined);
  if (found !== undefined) return found;
  throw new CliFailure(
    'user_unknown',
    `There is nobody known as "${text}".`,
    'latchkey connections --all lists the people who have connected something.',
  );
}

async function findPerson(prisma: PrismaClient, text: string): Promise<string | undefined> {
  if (isRowId(text)) {
    const user = await prisma.user.findUnique({ where: { id: text }, select: { id: true } });
    return user?.id;
  }
  if (!text.includes(':')) return await findLocalPerson(prisma, text);
  // Either half may hold colons of its own.
  for (let colon = text.indexOf(':'); colon > 0; colon = text.indexOf(':', colon + 1)) {
    const owner = await identityOwner(prisma, text.slice(0, colon), text.slice(colon + 1));
    if (owner) return owner.userId;
  }
  return undefined;
}

function isNewName(text: string): boolean {
  if (isRowId(text) || text.includes(':')) return false;
  if (isLocalName(text)) return true;
  throw new CliFailure(
    'user_name_unusable',
    'A name has letters, digits, dots, hyphens, underscores, @ and spaces, at most 100.',
  );
}
