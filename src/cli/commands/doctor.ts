/** `latchkey doctor`: looks at everything that can be wrong around a working program, and says what to do. */
import type { Command } from 'commander';
import { HttpClient } from '../../http/index.js';
import type { CommandLine } from '../command-line.js';
import { complaint } from '../complaint.js';
import { type Finding, failure, ok, warning } from '../doctor/finding.js';
import { dataDirectory, runtime } from '../doctor/machine.js';
import { network } from '../doctor/network.js';
import { providerSettings, refusedClients } from '../doctor/providers.js';
import { databaseTls, openForLooking, vaultKeys } from '../doctor/storage.js';
import { EXIT } from '../failure.js';
import { catalogueOf } from '../open-installation.js';
import { subcommand } from '../subcommand.js';
import type { Look } from '../terminal/style.js';
import { visibleLine } from '../terminal/visible.js';

export function doctorCommand(cli: CommandLine): Command {
  return subcommand('doctor', 'Look for what is wrong, and say what to do about it.', [
    { command: 'latchkey doctor', does: 'settings, database, keys, providers, network and clock; calls no API' },
    { command: 'latchkey doctor --offline --json', does: 'without asking any provider’s host, for a script' },
  ])
    .option('--offline', 'leave the network alone')
    .action(async ({ offline }: { offline?: true }) => {
      const findings = await examine(cli, offline === true);
      const failures = findings.filter(({ level }) => level === 'failure').length;
      if (failures > 0) cli.exitCode = EXIT.failure;
      cli.show({ findings, failures }, () => findings.map((finding) => words(cli, finding)).join('\n'));
    });
}

const CORRECT = 'Correct it in the environment or in .env.';

async function examine(cli: CommandLine, offline: boolean): Promise<readonly Finding[]> {
  const findings: Finding[] = [runtime()];
  try {
    const { config } = cli.installation;
    const doubts = config.doubts.map((doubt) => warning('settings', doubt, CORRECT));
    findings.push(ok('settings', `Read; people reach the app at ${config.baseUrl}.`), ...doubts, dataDirectory(config));
  } catch (error) {
    // Without settings there is nothing else to look at.
    const { message, advice } = complaint(error);
    return [...findings, failure('settings', message, advice ?? CORRECT)];
  }
  const catalogue = catalogueOf(cli);
  findings.push(...(await storage(cli)), ...providerSettings(cli, catalogue));
  if (!offline) {
    const http = new HttpClient();
    cli.defer(() => http.close());
    findings.push(...(await network(cli, catalogue, http)));
  }
  return findings;
}

async function storage(cli: CommandLine): Promise<Finding[]> {
  const { database, finding } = await openForLooking(cli);
  if (!database) return [finding];
  const keys = await vaultKeys(cli, database);
  const tls = await databaseTls(database, cli.installation.config.databaseUrl);
  return [finding, ...tls, keys, ...(keys.level === 'ok' ? await refusedClients(database) : [])];
}

const SIGNS: Readonly<Record<Finding['level'], { sign: string; look: Look }>> = {
  ok: { sign: '✓', look: 'green' },
  warning: { sign: '!', look: 'yellow' },
  failure: { sign: '✗', look: 'red' },
};

function words(cli: CommandLine, finding: Finding): string {
  const { paint } = cli.terminal;
  const { sign, look } = SIGNS[finding.level];
  const line = `${paint(look, sign)} ${paint('bold', visibleLine(finding.about))}: ${visibleLine(finding.message)}`;
  return finding.level === 'ok' ? line : `${line}\n    ${visibleLine(finding.advice)}`;
}
