/** A whole life of a connection at one provider: connect, profile, call, refresh, call again, revoke. Each step says what it found. */
import { disconnect, isAbout, type UsableConnection } from '../../connections/index.js';
import { parseJson } from '../../oauth2/index.js';
import type { CommandLine } from '../command-line.js';
import { complaint } from '../complaint.js';
import { type Attempt, connectAccount } from '../connect/connect-account.js';
import { CliFailure } from '../failure.js';
import type { OpenInstallation } from '../open-installation.js';
import type { CheckReport, CheckStep, StepName } from './report.js';

/** What a step found; it fails by throwing. */
interface Found {
  readonly outcome?: 'skipped';
  readonly detail: string;
}

export interface CheckAttempt extends Attempt {
  /** What to call besides the profile. */
  readonly path?: string | undefined;
}

/** Never throws for what the provider does; that is what the report is for. */
export async function checkProvider(
  cli: CommandLine,
  open: OpenInstallation,
  attempt: CheckAttempt,
): Promise<CheckReport> {
  const { provider } = attempt;
  const steps: CheckStep[] = [];
  const step = async (name: StepName, work: () => Promise<Found>): Promise<boolean> => {
    const startedAt = performance.now();
    const took = () => Math.round(performance.now() - startedAt);
    try {
      const { outcome = 'passed', detail } = await work();
      steps.push({ step: name, outcome, detail, tookMs: took() });
      return true;
    } catch (error) {
      cli.signal.throwIfAborted();
      const { code, message } = complaint(error);
      steps.push({ step: name, outcome: 'failed', detail: `${message} (${code})`, tookMs: took() });
      return false;
    }
  };

  let id = '';
  const connected = await step('connect', async () => {
    const account = await connectAccount(cli, open, attempt);
    id = account.id;
    return { detail: await whatWasGranted(open, id) };
  });
  if (connected) {
    await step('profile', () => profile(open, attempt, id));
    await step('call', () => call(open, attempt, id, attempt.path ?? provider.definition.profile.more?.[0]?.url));
    const renewed = await step('refresh', () => refresh(open, id));
    if (renewed) await step('call after refresh', () => profile(open, attempt, id));
    await step('revoke', () => revoke(open, attempt, id));
  }
  const passed = connected && steps.every(({ outcome }) => outcome !== 'failed');
  return {
    provider: provider.id,
    checkedAt: new Date(cli.now()).toISOString(),
    sandbox: provider.sandbox,
    passed,
    steps,
  };
}

async function whatWasGranted({ prisma }: OpenInstallation, id: string): Promise<string> {
  const { scopes, expiresAt, refreshAt } = await prisma.connection.findUniqueOrThrow({ where: { id } });
  const life = expiresAt ? 'expiring access' : 'access without an end';
  return `${scopes.length} scopes (${scopes.join(' ') || 'none'}), ${life}, ${refreshAt ? 'renewable' : 'not renewable'}`;
}

async function profile({ connections }: OpenInstallation, { provider, userId }: Attempt, id: string): Promise<Found> {
  const client = await connections.clients.for(userId, provider.id, { connection: id, fresh: true });
  const url = await connections.clients.profileUrl(provider);
  if (!url) return { outcome: 'skipped', detail: 'the ID token is all there is' };
  const response = await client.fetch(url, { headers: { Accept: 'application/json' } });
  const text = await response.text();
  if (!response.ok) throw unusable(`The profile call was answered with status ${response.status}.`);
  const same = isAbout(provider.definition, parseJson(text), client.connection.subject);
  if (!same) throw unusable('The profile is that of another account.');
  return { detail: `status ${response.status}, about the same account` };
}

/** What the person named, or another call that the definition knows. */
async function call(
  { connections }: OpenInstallation,
  { provider, userId }: Attempt,
  id: string,
  address: string | undefined,
): Promise<Found> {
  if (address === undefined)
    return { outcome: 'skipped', detail: 'nothing to call besides; name something with --path' };
  const client = await connections.clients.for(userId, provider.id, { connection: id });
  const response = await client.fetch(address, { headers: { Accept: 'application/json' } });
  const { byteLength } = await response.arrayBuffer();
  if (!response.ok) throw unusable(`The call was answered with status ${response.status}.`);
  return { detail: `status ${response.status}, ${byteLength} bytes` };
}

async function refresh({ connections }: OpenInstallation, id: string): Promise<Found> {
  const before = await connections.refresher.usable(id);
  const old = refreshTokenOf(before);
  if (old === undefined) return { outcome: 'skipped', detail: 'there is nothing to renew' };
  const after = await connections.refresher.usable(id, { replace: before.row.generation, insist: true });
  const rotated = refreshTokenOf(after) !== old;
  const declared = before.provider.definition.refresh?.mode ?? 'static';
  return {
    detail: `renewed; the refresh token ${rotated ? 'was replaced' : 'stayed the same'} (definition: ${declared})`,
  };
}

function refreshTokenOf({ credentials }: UsableConnection): string | undefined {
  return credentials.protocol === 'oauth2' ? credentials.token.refreshToken : undefined;
}

async function revoke({ connections }: OpenInstallation, { userId }: Attempt, id: string): Promise<Found> {
  const ended = await disconnect(connections.disconnecting, userId, id, { by: 'provider check' });
  if (ended?.revocation === 'unsupported') return { outcome: 'skipped', detail: 'the provider has no such call' };
  if (ended?.revocation !== 'revoked') throw unusable('The provider did not confirm it.');
  return { detail: 'confirmed' };
}

function unusable(message: string): CliFailure {
  return new CliFailure('unexpected_answer', message);
}
