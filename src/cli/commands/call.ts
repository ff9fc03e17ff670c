/** `latchkey call`: calls a provider's API as the account of a connection. */
import type { Command } from 'commander';
import { explainCall } from '../call/explain.js';
import { type CallOptions, prepareCall } from '../call/request.js';
import { type ShowOptions, showResponse } from '../call/show-response.js';
import { WatchedHttp } from '../call/watched-http.js';
import type { CommandLine } from '../command-line.js';
import { EXIT } from '../failure.js';
import { findConnection } from '../find-connection.js';
import { openInstallation } from '../open-installation.js';
import { assertWritable } from '../output-file.js';
import { userOption } from '../person.js';
import { subcommand } from '../subcommand.js';

interface Options extends CallOptions, ShowOptions {
  readonly user: string;
  readonly explain?: true;
  readonly showSecrets?: true;
}

export function callCommand(cli: CommandLine): Command {
  return subcommand('call <connection> <path>', 'Call an API as the account of a connection.', [
    { command: 'latchkey call google-health /v4/users/me/identity', does: 'a path below the provider’s API address' },
    {
      command: 'latchkey call tumblr https://api.tumblr.com/v2/blog/attic.tumblr.com/post -f type=text -f body=Hello',
      does: 'POSTs a form to a whole address',
    },
    {
      command: 'latchkey call github /user/repos -d \'{"name":"attic"}\' -i',
      does: 'POSTs JSON and shows the headers too',
    },
    { command: 'latchkey call github /user/repos -q per_page=100 | jq -r .[].name', does: 'raw JSON into a pipe' },
    {
      command: 'latchkey call twitter /2/users/me --explain',
      does: 'shows how it was signed',
    },
  ])
    .addOption(userOption())
    .option('-X, --method <method>', 'GET, or POST when something is sent')
    .option('-H, --header <header>', '"Name: value"; may be repeated', collected, [])
    .option('-q, --query <name=value>', 'added to the address; may be repeated', collected, [])
    .option('-d, --data <json>', 'send JSON; @file reads a file, @- the standard input', undefined)
    .option('-f, --form <name=value>', 'send a form; name=@file sends a file; may be repeated', collected, [])
    .option('-T, --upload <file>', 'send a file as it is, - for the standard input')
    .option('-i, --include', 'show the status and the headers too')
    .option('-o, --output <file>', 'write the answer to a file, readable for you only')
    .option('--explain', 'say on stderr how the call was signed')
    .option('--show-secrets', 'with --explain, leave the token in')
    .action((text: string, path: string, options: Options) => call(cli, text, path, options));
}

async function call(cli: CommandLine, text: string, path: string, options: Options): Promise<void> {
  if (options.output !== undefined) await assertWritable(options.output);
  const { address, init } = await prepareCall(path, options, cli.terminal.input);
  const http = options.explain ? new WatchedHttp() : undefined;
  const open = await openInstallation(cli, { command: 'latchkey call', online: true, ...(http ? { http } : {}) });
  const row = await findConnection(open, text, options.user);
  const { clients, refresher } = open.connections;
  const client = await clients.for(row.userId, row.provider, { connection: row.id });
  const response = await client.fetch(address, { ...init, signal: cli.signal });
  if (http?.last) {
    const used = await refresher.usable(row.id);
    cli.terminal.say(explainCall(http.last, used, options.showSecrets === true));
  }
  await showResponse(cli, response, options);
  cli.exitCode = exitCodeOf(response.status);
  if (cli.exitCode !== EXIT.success)
    cli.terminal.say(`latchkey: the provider answered with status ${response.status}.`);
}

/** The first digit of a status that is no success: 3, 4 or 5. */
function exitCodeOf(status: number): number {
  return status >= 200 && status < 300 ? EXIT.success : Math.trunc(status / 100);
}

function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
