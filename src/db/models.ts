/** The generated client's types under the names that the other rooms use. */
import type { Prisma } from './generated/client.js';

export type {
  Connection,
  ConnectionStatus,
  PendingIdentity,
  PrismaClient,
  User,
  UserState,
} from './generated/client.js';
/** The client inside `prisma.$transaction(async (tx) => …)`. */
export type PrismaTransaction = Prisma.TransactionClient;
