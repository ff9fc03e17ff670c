/**
 * People of the command line: known by a name there, without any way to sign in, so that nobody on the web can become one of them. They
 * may connect accounts that people of the web have too: the rules about whose an account is hold among people of the web.
 */
import { isUniqueViolation, type PrismaClient } from '../db/index.js';

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@ -]{0,99}$/u;

/** Whether somebody may be called so. */
export function isLocalName(name: string): boolean {
  return NAME.test(name);
}

/** @returns the person's id; undefined when nobody has that name yet */
export async function findLocalPerson(prisma: PrismaClient, localName: string): Promise<string | undefined> {
  const user = await prisma.user.findUnique({ where: { localName }, select: { id: true } });
  return user?.id;
}

/** The person of that name, made when there is none; two commands at once make one. */
export async function localPerson(prisma: PrismaClient, localName: string): Promise<string> {
  const known = await findLocalPerson(prisma, localName);
  if (known !== undefined) return known;
  try {
    const made = await prisma.user.create({ data: { localName, name: localName }, select: { id: true } });
    return made.id;
  } catch (error) {
    const other = isUniqueViolation(error) ? await findLocalPerson(prisma, localName) : undefined;
    if (other === undefined) throw error;
    return other;
  }
}
