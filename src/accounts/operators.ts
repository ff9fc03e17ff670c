/**
 * Who runs this site. `OPERATORS` names them by identity, and is then the whole truth. While it names nobody, the first operator is whoever
 * enters the code that the start printed, and the database remembers them.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PrismaClient, PrismaTransaction } from '../db/index.js';

export interface OperatorsOptions {
  readonly prisma: PrismaClient;
  /** `namespace:subject` each. */
  readonly named: readonly string[];
}

export type Claimed = 'granted' | 'wrong_code' | 'closed';

const CODE_LETTERS = 16;
/** Without letters and digits that look alike. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export class Operators {
  readonly #prisma: PrismaClient;
  readonly #named: ReadonlySet<string>;
  #code: string | undefined;

  constructor({ prisma, named }: OperatorsOptions) {
    this.#prisma = prisma;
    this.#named = new Set(named);
  }

  async isOperator(userId: string | undefined): Promise<boolean> {
    if (userId === undefined) return false;
    const user = await this.#prisma.user.findUnique({
      where: { id: userId },
      select: { state: true, operator: true, identities: { select: { namespace: true, subject: true } } },
    });
    if (user?.state !== 'active') return false;
    if (this.#named.size === 0) return user.operator;
    return user.identities.some(({ namespace, subject }) => this.#named.has(`${namespace}:${subject}`));
  }

  /**
   * Makes the code by which the first operator is found, if there is none. It lives in this process only, until it is used.
   * @returns the code, to be shown to whoever started the process
   */
  async openClaim(): Promise<string | undefined> {
    if (this.#named.size > 0 || (await anyOperator(this.#prisma))) return undefined;
    // 32 letters divide 256, so each is as likely as the others: 80 bits.
    const letters = [...randomBytes(CODE_LETTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]);
    this.#code = (letters.join('').match(/.{4}/g) ?? []).join('-');
    return this.#code;
  }

  /** Whether a code would still be taken. */
  async isClaimOpen(): Promise<boolean> {
    return this.#code !== undefined && !(await anyOperator(this.#prisma));
  }

  async claim(userId: string, code: string): Promise<Claimed> {
    if (this.#code === undefined) return 'closed';
    if (!sameCode(this.#code, code)) return 'wrong_code';
    const granted = await this.#prisma.$transaction(async (tx) => {
      // Instances of the app have codes of their own: the database decides which one was first.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('latchkey first operator', 0))`;
      if (await anyOperator(tx)) return false;
      const { count } = await tx.user.updateMany({ where: { id: userId, state: 'active' }, data: { operator: true } });
      return count > 0;
    });
    this.#code = undefined;
    return granted ? 'granted' : 'closed';
  }
}

async function anyOperator(prisma: PrismaClient | PrismaTransaction): Promise<boolean> {
  return (await prisma.user.count({ where: { operator: true, state: { not: 'deleting' } } })) > 0;
}

/** Spaces, dashes and case are how people copy; hashes make the lengths equal for the comparison. */
function sameCode(expected: string, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text.replace(/[\s-]/g, '').toUpperCase()).digest();
  return given.length <= 100 && timingSafeEqual(digest(expected), digest(given));
}
