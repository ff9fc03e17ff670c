/** Any error as one sentence and what to do about it. Messages of libraries may quote values, so only errors of our own speak for themselves. */
import { SeveralConnections } from '../connections/index.js';
import { describeFailure, isDatabaseUnavailable } from '../db/index.js';
import { CliFailure, EXIT } from './failure.js';
import { visibleLine } from './terminal/visible.js';

export interface Complaint {
  readonly code: string;
  readonly message: string;
  readonly advice: string | undefined;
  readonly exitCode: number;
}

const OWN_HOSTS =
  'Credentials go to the hosts of their provider’s definition only: give a path, or an address on one of those.';

/** What to do about errors of the rooms below, whose own sentences are about what happened. */
const ADVICE: Readonly<Record<string, string>> = {
  not_connected: 'Connect it with: latchkey connect <provider>   (latchkey connections lists what there is)',
  reconnect_required: 'Connect it again with: latchkey connect <provider>',
  refresh_postponed: 'Try again later, or now with: latchkey refresh <connection>',
  provider_misconfigured: 'Check <ID>_CLIENT_ID and <ID>_CLIENT_SECRET in the provider’s console.',
  provider_not_configured: 'latchkey providers lists those that are, and which variables the others need.',
  oauth1_origin_not_allowed: OWN_HOSTS,
  oauth2_origin_not_allowed: OWN_HOSTS,
  http_unreachable: 'latchkey doctor says which addresses cannot be reached.',
  vault_key_unknown: 'latchkey vault status says which keys are needed.',
};

/** Errors of these packages and of the runtime may quote arguments in their messages. */
const OWN_CODE = /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/;

export function complaint(error: unknown): Complaint {
  const base = { advice: undefined, exitCode: EXIT.failure };
  if (error instanceof CliFailure) {
    const { code, message, advice, exitCode } = error;
    return { code, message, advice, exitCode };
  }
  if (error instanceof SeveralConnections) {
    const accounts = error.connections.map(({ id, label }) => `${visibleLine(label)} (${id})`).join(', ');
    const message = `There are several connections: ${accounts}.`;
    return { ...base, code: error.code, message, advice: 'Name the one you mean by its id.' };
  }
  const code = ownCode(error);
  if (code !== undefined && error instanceof Error) {
    return { ...base, code, message: visibleLine(error.message), advice: ADVICE[code] };
  }
  if (isDatabaseUnavailable(error)) {
    const message = `The database cannot be reached at the moment, or takes too long to answer (${describeFailure(error)}).`;
    return { ...base, code: 'database_unavailable', message };
  }
  const system = systemError(error);
  if (system) return { ...base, ...system };
  return {
    ...base,
    code: 'unexpected',
    message: `Something unexpected happened (${describeFailure(error)}).`,
    advice: 'LATCHKEY_TRACE=1 shows where; please report it.',
  };
}

/** Errors of ours have a code in lower case with underscores, wherever they come from. */
function ownCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return OWN_CODE.test(error.code) || error.code === 'denied' ? error.code : undefined;
}

/** Trouble with a file, named by the operating system; its path is what the person typed. */
function systemError(error: unknown): { code: string; message: string } | undefined {
  if (typeof error !== 'object' || error === null || !('syscall' in error) || !('code' in error)) return undefined;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'is not there',
    EACCES: 'may not be opened by this user',
    EISDIR: 'is a directory',
    EEXIST: 'exists already',
    ENOSPC: 'does not fit: the disk is full',
    ENOTDIR: 'is not there',
  };
  const reason = reasons[String(error.code)];
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  if (reason === undefined || path === undefined) return undefined;
  return { code: 'file_unusable', message: `${visibleLine(path)} ${reason}.` };
}
