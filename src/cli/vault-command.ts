/** `latchkey vault`: which keys seal what, and sealing everything anew under the first of VAULT_KEYS (sec-S15). */
import { Command } from 'commander';
import {
  type RotationReport,
  rotateVaultKeys,
  type VaultKeyUse,
  type VaultStatus,
  vaultStatus,
} from '../connections/index.js';
import { type Database, eventStore } from '../db/index.js';
import { createEvents } from '../events/index.js';
import { secretsOf } from '../installation.js';
import { KeyRing, Vault } from '../vault/index.js';
import type { CommandLine } from './command-line.js';
import { complaint } from './complaint.js';
import { EXIT } from './failure.js';
import { openMigratedDatabase } from './open-installation.js';
import { subcommand } from './subcommand.js';
import { progress } from './terminal/progress.js';
import { table } from './terminal/table.js';

export function vaultCommand(cli: CommandLine): Command {
  return new Command('vault')
    .description('The keys that seal the stored tokens.')
    .addCommand(statusCommand(cli))
    .addCommand(rotateCommand(cli));
}

function statusCommand(cli: CommandLine): Command {
  return subcommand('status', 'Say which key of VAULT_KEYS sealed how much, and which are not needed any more.', [
    { command: 'latchkey vault status', does: 'fails when the ring lacks a key that is needed' },
  ]).action(async () => {
    const status = await vaultStatus(await openRing(cli, 'latchkey vault status'));
    cli.show(status, () => statusWords(cli, status));
    if (status.keys.some(isTrouble)) cli.exitCode = EXIT.failure;
  });
}

function rotateCommand(cli: CommandLine): Command {
  return subcommand('rotate', 'Seal everything anew with the first key of VAULT_KEYS.', [
    {
      command: 'VAULT_KEYS=k2:…,k1:… latchkey vault rotate',
      does: 'after every instance has been restarted with k2 in front; may be interrupted, and run while the app runs',
    },
  ]).action(async () => {
    const bar = progress(cli.terminal, 'sealing anew');
    const options = await openRing(cli, 'latchkey vault rotate');
    const events = createEvents(eventStore(options.database.prisma), (kind, error) =>
      cli.terminal.say(`Note: event ${kind} was not stored (${complaint(error).message})`),
    );
    const work = rotateVaultKeys({
      ...options,
      events,
      signal: cli.signal,
      onProgress: (done, total) => bar.at(done, total),
    });
    // Cancelled, it ends with the batch at hand; the next run takes up the rest.
    cli.defer(() => work.catch(() => undefined));
    const report = await work.finally(() => bar.end());
    cli.show(report, () => rotationWords(cli, report));
    if (!report.complete || report.status.keys.some(isTrouble)) cli.exitCode = EXIT.failure;
  });
}

/** Without the check that every other command makes, which refuses a ring that lacks a key: here that is what is to be shown. */
async function openRing(cli: CommandLine, command: string): Promise<{ database: Database; vault: Vault }> {
  const vault = new Vault(KeyRing.parse(secretsOf(cli.installation.config).vaultKeys));
  return { database: await openMigratedDatabase(cli, command), vault };
}

function isTrouble(key: VaultKeyUse): boolean {
  return (key.state === 'missing' && !isGivenUp(key)) || key.state === 'different';
}

/** An operator has given up what this key sealed; nobody misses it. */
function isGivenUp({ state, rows, recorded }: VaultKeyUse): boolean {
  return state === 'missing' && rows === 0 && !recorded;
}

const STATES: Readonly<Record<VaultKeyUse['state'], string>> = {
  active: 'seals',
  needed: 'still needed: latchkey vault rotate seals these anew',
  unneeded: 'not needed',
  missing: 'MISSING: put it back into VAULT_KEYS',
  different: 'WRONG: VAULT_KEYS has another key of this name; put the right one back',
};

function statusWords(cli: CommandLine, { keys, waiting }: VaultStatus): string {
  const { width, paint } = cli.terminal;
  const columns = [
    { title: 'KEY', of: ({ id }: VaultKeyUse) => id },
    { title: 'SEALED', of: ({ rows }: VaultKeyUse) => String(rows), right: true },
    { title: 'DAMAGED', of: ({ givenUp }: VaultKeyUse) => String(givenUp), right: true },
    { title: 'STATE', of: stateWords },
  ];
  const next = waiting > 0 ? [`${waiting} values wait to be sealed anew.`] : [];
  return [table(keys, columns, { width, paint }), ...next].join('\n');
}

function stateWords(key: VaultKeyUse): string {
  const { state, recorded } = key;
  if (isGivenUp(key)) return 'gone; what it sealed was given up';
  if (state !== 'unneeded') return STATES[state];
  return recorded
    ? 'not needed, but recorded as in use: latchkey vault rotate releases it, unless an instance still has it in front'
    : 'not needed: it may be taken out of VAULT_KEYS';
}

function rotationWords(cli: CommandLine, report: RotationReport): string {
  const { complete, resealed, unreadable, unreadableCount, givenUp, released } = report;
  const lines = [`${resealed} values were sealed anew.`];
  if (!complete) lines.push('Not finished: some were in use all the time, or it was interrupted. Run it again.');
  if (released.length > 0)
    lines.push(`Not needed any more, and may be taken out of VAULT_KEYS: ${released.join(', ')}.`);
  if (unreadableCount > 0) {
    lines.push(`${unreadableCount} values cannot be opened and stay as they are:`);
    for (const { table: name, id, keyId, code } of unreadable.slice(0, 20))
      lines.push(`- ${name} ${id} (key ${keyId}, ${code})`);
    if (givenUp > 0) lines.push(`${givenUp} of them were given up just now: their people are asked to connect again.`);
  }
  return [...lines, '', statusWords(cli, report.status)].join('\n');
}
