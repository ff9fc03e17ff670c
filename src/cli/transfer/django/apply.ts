/**
 * Brings the planned people into the database, one short transaction for each person, and tells of each row what became of it. Nobody's
 * provider is called. Who somebody is here is found by their accounts (namespace and subject), so that a second run finds what the first
 * one made, and people who came by themselves in between are recognised.
 */
import { holdState, identityOwner } from '../../../accounts/index.js';
import { lockAccounts, saveConnection } from '../../../connections/index.js';
import type { PrismaClient, PrismaTransaction } from '../../../db/index.js';
import { createCatalogue, type Provider, type ProviderDefinition } from '../../../providers/index.js';
import type { Vault } from '../../../vault/index.js';
import { namespaceOf, type PlannedPerson } from './plan.js';
import type { SkipReason, SourceAccount } from './source-account.js';
import type { SourcePerson } from './source-people.js';

export interface RowOutcome {
  readonly place: string;
  readonly person: string;
  readonly provider: string;
  readonly label: string;
  /** Of a dry run: what would become of it. */
  readonly outcome: 'imported' | 'there' | 'skipped';
  readonly reason?: SkipReason;
  /** Whether the account is a way to sign in afterwards. */
  readonly signIn: boolean;
  /** The token is over and nothing renews it: the person has to connect again. */
  readonly expired: boolean;
}

export interface PersonOutcome {
  readonly rows: readonly RowOutcome[];
  readonly created: boolean;
}

export interface ApplyOptions {
  readonly prisma: PrismaClient;
  readonly vault: Vault;
  readonly definitions: readonly ProviderDefinition[];
  readonly allowSignIn: boolean;
  readonly dryRun: boolean;
  readonly now: () => number;
}

export type ApplyPerson = (planned: PlannedPerson) => Promise<PersonOutcome>;

export function importer(options: ApplyOptions): ApplyPerson {
  const { prisma, dryRun } = options;
  const providers = realProviders(options.definitions);
  return async (planned) => {
    if (dryRun) return toOutcome(await examine(prisma, planned, options), options.now());
    return await prisma.$transaction(async (tx) => {
      await lockAccounts(tx, planned.accounts.map(keyOf));
      const findings = await examine(tx, planned, options);
      const userId = findings.userId ?? (findings.rows.some(isToDo) ? await createUser(tx, planned.person) : undefined);
      for (const finding of findings.rows) {
        if (userId !== undefined && isToDo(finding)) await write(tx, finding, userId, providers, options);
      }
      return toOutcome(findings, options.now());
    });
  };
}

function keyOf({ definition, account }: SourceAccount): { namespace: string; subject: string } {
  return { namespace: namespaceOf(definition), subject: account.subject };
}

interface Finding {
  readonly source: SourceAccount;
  readonly outcome: RowOutcome['outcome'];
  readonly reason?: SkipReason;
  readonly saveConnection: boolean;
  readonly addIdentity: boolean;
  readonly isIdentity: boolean;
}

interface Findings {
  /** Undefined for somebody new. */
  readonly userId: string | undefined;
  readonly rows: readonly Finding[];
}

async function examine(tx: PrismaTransaction, planned: PlannedPerson, options: ApplyOptions): Promise<Findings> {
  const known = [];
  for (const source of planned.accounts) known.push(await lookUp(tx, source));
  const owners = new Set(known.flatMap(({ owner }) => owner ?? []));
  const [userId] = owners;
  const obstacle = await obstacleTo(tx, owners);
  return { userId, rows: known.map((account) => judge(account, planned.person, obstacle, options)) };
}

interface KnownAccount {
  readonly source: SourceAccount;
  /** Whose way to sign in or connection it is. */
  readonly owner: string | undefined;
  readonly connected: boolean;
  readonly isIdentity: boolean;
}

async function lookUp(tx: PrismaTransaction, source: SourceAccount): Promise<KnownAccount> {
  const { namespace, subject } = keyOf(source);
  const identity = await identityOwner(tx, namespace, subject);
  const connections = await tx.connection.findMany({
    where: { namespace, subject, sandbox: false },
    select: { userId: true, provider: true },
  });
  return {
    source,
    owner: identity?.userId ?? connections[0]?.userId,
    connected: connections.some(({ provider }) => provider === source.definition.id),
    isIdentity: identity !== undefined,
  };
}

/** Why nothing new can be given to this person. */
async function obstacleTo(tx: PrismaTransaction, owners: ReadonlySet<string>): Promise<SkipReason | undefined> {
  const [userId] = owners;
  if (userId === undefined) return undefined;
  if (owners.size > 1) return 'belongs_to_somebody_else';
  const state = await holdState(tx, userId);
  return state === undefined || state === 'deleting' ? 'account_deleting' : undefined;
}

function judge(
  known: KnownAccount,
  person: SourcePerson,
  obstacle: SkipReason | undefined,
  { allowSignIn }: ApplyOptions,
): Finding {
  const { source, connected, isIdentity } = known;
  const maySignIn = source.subjectProven && source.definition.signIn !== false && person.active;
  const addIdentity = allowSignIn && maySignIn && !isIdentity && obstacle === undefined;
  const facts = { source, isIdentity, addIdentity, saveConnection: false };
  if (connected || (isIdentity && !source.credentials)) return { ...facts, outcome: 'there' };
  if (obstacle) return { ...facts, outcome: 'skipped', reason: obstacle };
  if (source.credentials) return { ...facts, outcome: 'imported', saveConnection: true };
  return addIdentity ? { ...facts, outcome: 'imported' } : { ...facts, outcome: 'skipped', reason: 'no_token' };
}

function isToDo(finding: Finding): boolean {
  return finding.saveConnection || finding.addIdentity;
}

async function createUser(tx: PrismaTransaction, person: SourcePerson): Promise<string> {
  const user = await tx.user.create({
    data: {
      name: person.name ?? person.username ?? null,
      email: person.email ?? null,
      state: person.active ? 'active' : 'disabled',
    },
    select: { id: true },
  });
  await tx.event.create({ data: { kind: 'account_created', userId: user.id, detail: { by: 'import' } } });
  return user.id;
}

async function write(
  tx: PrismaTransaction,
  { source, saveConnection: save, addIdentity }: Finding,
  userId: string,
  providers: ReadonlyMap<string, Provider>,
  { vault, now }: ApplyOptions,
): Promise<void> {
  const { definition, account, credentials } = source;
  const provider = providers.get(definition.id);
  const trail = { userId, provider: definition.id, detail: { by: 'import' } };
  if (save && credentials && provider) {
    const grant = { provider, account, credentials, intent: 'connect', receivedAt: now() } as const;
    const { id } = await saveConnection(tx, vault, userId, grant);
    if (isOver(source, now())) {
      await tx.connection.update({
        where: { id },
        data: { status: 'reconnect_required', reason: 'expired' },
        select: { id: true },
      });
    }
    await tx.event.create({ data: { ...trail, kind: 'connected', connectionId: id } });
  }
  if (addIdentity) {
    await tx.identity.create({ data: { userId, ...keyOf(source) } });
    await tx.event.create({ data: { ...trail, kind: 'way_to_sign_in_added' } });
  }
}

function isOver({ credentials }: SourceAccount, now: number): boolean {
  return credentials?.protocol === 'oauth2' && !credentials.token.refreshToken && credentials.token.hasExpired(now);
}

function toOutcome({ userId, rows }: Findings, now: number): PersonOutcome {
  return {
    created: userId === undefined && rows.some(isToDo),
    rows: rows.map(({ source, outcome, reason, isIdentity, addIdentity }) => ({
      place: source.place,
      person: source.person,
      provider: source.definition.id,
      label: source.account.label,
      outcome,
      ...(reason ? { reason } : {}),
      signIn: isIdentity || addIdentity,
      expired: outcome === 'imported' && isOver(source, now),
    })),
  };
}

/** Imported accounts are real ones, whether or not this installation has a client at their provider by now. */
function realProviders(definitions: readonly ProviderDefinition[]): ReadonlyMap<string, Provider> {
  const clients = Object.fromEntries(definitions.map(({ id }) => [id, { clientId: 'import' }]));
  return new Map(createCatalogue({ definitions, clients }).all.map((provider) => [provider.id, provider]));
}
