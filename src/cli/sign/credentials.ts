/** The credentials of `latchkey sign`: from a file, the standard input, a stored connection or a prompt, never from the command line itself. */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { signingCredentialsOf } from '../../connections/index.js';
import type { SigningCredentials } from '../../oauth1/index.js';
import type { CommandLine } from '../command-line.js';
import { CliFailure } from '../failure.js';
import { findConnection } from '../find-connection.js';
import { openInstallation } from '../open-installation.js';

const schema = z.strictObject({
  clientId: z.string(),
  clientSecret: z.string().optional(),
  token: z.string().optional(),
  tokenSecret: z.string().optional(),
  /** PEM. */
  privateKey: z.string().optional(),
});

export interface CredentialOptions {
  readonly credentials?: string;
  readonly as?: string;
  readonly user: string;
}

export interface SignersCredentials {
  readonly credentials: SigningCredentials;
  /** As the connection's provider wants it. */
  readonly signatureMethod?: string;
}

/** @throws CliFailure when there are none, or they cannot be read */
export async function readCredentials(cli: CommandLine, options: CredentialOptions): Promise<SignersCredentials> {
  if (options.as !== undefined) return await ofConnection(cli, options.as, options.user);
  if (options.credentials === undefined) return { credentials: await asked(cli) };
  const text = options.credentials === '-' ? await inputOf(cli) : fileOf(cli, options.credentials);
  return { credentials: checked(text) };
}

async function ofConnection(cli: CommandLine, text: string, user: string): Promise<SignersCredentials> {
  const open = await openInstallation(cli, { command: 'latchkey sign', online: false });
  const row = await findConnection(open, text, user);
  const { credentials, provider } = await open.connections.refresher.usable(row.id);
  if (credentials.protocol !== 'oauth1') {
    throw new CliFailure(
      'nothing_signed',
      `${provider.name} speaks OAuth 2, which signs nothing.`,
      'latchkey call --explain shows what is sent.',
    );
  }
  const { signatureMethod = 'HMAC-SHA1' } = provider.definition.oauth1 ?? {};
  return { credentials: signingCredentialsOf(provider, credentials.token), signatureMethod };
}

async function asked({ terminal, json }: CommandLine): Promise<SigningCredentials> {
  if (json || !terminal.interactive) {
    throw new CliFailure(
      'credentials_needed',
      'Signing needs credentials.',
      'Name a JSON file with --credentials, - for the standard input.',
    );
  }
  const clientId = await terminal.ask('Client id (consumer key):');
  const clientSecret = await terminal.ask('Client secret:', { hidden: true });
  const token = await terminal.ask('Token (empty for none):');
  const tokenSecret = token === '' ? '' : await terminal.ask('Token secret:', { hidden: true });
  return { clientId, clientSecret, ...(token === '' ? {} : { token, tokenSecret }) };
}

function fileOf({ terminal }: CommandLine, file: string): string {
  const text = readFileSync(file, 'utf8');
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    terminal.say(`Note: other users of this machine can read ${file}. Mend it with: chmod 600 ${file}`);
  }
  return text;
}

async function inputOf({ terminal }: CommandLine): Promise<string> {
  let text = '';
  for await (const chunk of terminal.input) text += String(chunk);
  return text;
}

/** Neither the parser's message nor the schema's may quote what they read. */
function checked(text: string): SigningCredentials {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CliFailure('credentials_unusable', 'The credentials are no JSON.', SHAPE);
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const fields = result.error.issues.map(
      (issue) => issue.path.map(String).join('.') || 'something that does not belong there',
    );
    throw new CliFailure('credentials_unusable', `The credentials have a wrong field: ${fields.join(', ')}.`, SHAPE);
  }
  const { clientId, clientSecret, token, tokenSecret, privateKey } = result.data;
  return {
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(token === undefined ? {} : { token }),
    ...(tokenSecret === undefined ? {} : { tokenSecret }),
    ...(privateKey === undefined ? {} : { privateKey }),
  };
}

const SHAPE =
  'They look like {"clientId":"…","clientSecret":"…","token":"…","tokenSecret":"…"}, with privateKey for RSA.';
