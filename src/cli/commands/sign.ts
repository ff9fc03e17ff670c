/** `latchkey sign`: produces or explains an OAuth 1 signature, offline (RFC 5849 section 3.4). */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { explainSignature, type Placement, type SignatureMethodName, signRequest } from '../../oauth1/index.js';
import type { CommandLine } from '../command-line.js';
import { CliFailure, EXIT } from '../failure.js';
import { userOption } from '../person.js';
import { type CredentialOptions, readCredentials } from '../sign/credentials.js';
import { subcommand } from '../subcommand.js';
import { visible } from '../terminal/visible.js';

interface Options extends CredentialOptions {
  readonly header: readonly string[];
  readonly form: readonly string[];
  readonly data?: string;
  readonly signatureMethod?: SignatureMethodName;
  readonly placement: Placement;
  readonly realm?: string;
  readonly timestamp?: string;
  readonly nonce?: string;
  readonly bodyHash?: true;
  readonly explain?: true;
  readonly baseString?: string;
}

const METHODS = ['HMAC-SHA1', 'HMAC-SHA256', 'HMAC-SHA512', 'RSA-SHA1', 'RSA-SHA256', 'RSA-SHA512', 'PLAINTEXT'];

export function signCommand(cli: CommandLine): Command {
  return subcommand('sign <method> <url>', 'Sign a request with OAuth 1.0a, or explain a signature. Sends nothing.', [
    {
      command: 'latchkey sign GET https://api.example.com/photos --credentials keys.json',
      does: 'prints the signed request',
    },
    {
      command: 'latchkey sign POST https://api.example.com/photos -f title=Attic --explain',
      does: 'asks for the keys and shows every step',
    },
    {
      command:
        "latchkey sign GET https://api.example.com/photos -H 'Authorization: OAuth …' -c keys.json --base-string @theirs.txt",
      does: 'explains a request that was refused, and where the provider’s base string differs',
    },
  ])
    .option(
      '-c, --credentials <file>',
      'JSON with clientId, clientSecret, token, tokenSecret; - for the standard input',
    )
    .option('--as <connection>', 'with the credentials of a connection')
    .addOption(userOption())
    .option(
      '-H, --header <header>',
      '"Name: value"; an OAuth Authorization header is explained as it is',
      collected,
      [],
    )
    .option('-f, --form <name=value>', 'a field of the form that is sent; may be repeated', collected, [])
    .option('-d, --data <text>', 'the body as it is sent; @file reads a file')
    .addOption(
      new Option('-m, --signature-method <name>', 'default HMAC-SHA1, or what the connection’s provider wants').choices(
        METHODS,
      ),
    )
    .addOption(
      new Option('--placement <where>', 'where the parameters travel')
        .choices(['header', 'query', 'body'])
        .default('header'),
    )
    .option('--realm <realm>', 'written into the header, never signed')
    .option('--timestamp <seconds>', 'since 1970, instead of the clock', seconds)
    .option('--nonce <nonce>', 'instead of a random one')
    .option('--body-hash', 'add oauth_body_hash')
    .option('--explain', 'show every step')
    .option('--base-string <text>', 'the base string that the provider arrived at; @file reads a file')
    .action((method: string, url: string, options: Options) => sign(cli, method, url, options));
}

async function sign(cli: CommandLine, method: string, url: string, options: Options): Promise<void> {
  const request = { method, url, headers: headersOf(options), ...bodyOf(options) };
  const signers = await readCredentials(cli, options);
  const { timestamp, nonce, realm, placement, bodyHash } = options;
  const signatureMethod = options.signatureMethod ?? (signers.signatureMethod as SignatureMethodName | undefined);
  const signing = {
    placement,
    ...(signatureMethod ? { signatureMethod } : {}),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(realm === undefined ? {} : { realm }),
    ...(bodyHash ? { bodyHash } : {}),
  };
  const isSigned = Object.entries(request.headers).some(
    ([name, value]) => /^authorization$/i.test(name) && /^OAuth\s/i.test(value),
  );
  if (options.explain || options.baseString !== undefined || isSigned) {
    const theirs = options.baseString === undefined ? {} : { providerBaseString: textOf(options.baseString).trim() };
    const explanation = explainSignature(request, signers.credentials, { ...signing, ...theirs });
    const { toString: _words, ...steps } = explanation;
    cli.show(steps, () => visible(explanation.toString()));
    // A request that carries a wrong signature is not what anybody wanted.
    if (explanation.isCarriedSignatureRight === false) cli.exitCode = EXIT.failure;
    return;
  }
  const signed = signRequest(request, signers.credentials, signing);
  cli.show(signed, () => {
    const headers = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}`);
    return visible(
      [
        `${method.toUpperCase()} ${signed.url}`,
        ...headers,
        ...(signed.body === undefined ? [] : ['', signed.body]),
      ].join('\n'),
    );
  });
}

function headersOf({ header }: Options): Record<string, string> {
  return Object.fromEntries(
    header.map((text) => {
      const colon = text.indexOf(':');
      if (colon < 1) throw usage('A header looks like "Name: value".');
      return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
    }),
  );
}

function bodyOf({ data, form }: Options): { body?: string | URLSearchParams } {
  if (data !== undefined && form.length > 0) throw usage('Only one of --data and --form can be sent.');
  if (data !== undefined) return { body: textOf(data) };
  if (form.length === 0) return {};
  const pairs = form.map((field): [string, string] => {
    const equals = field.indexOf('=');
    if (equals < 1) throw usage('--form looks like name=value.');
    return [field.slice(0, equals), field.slice(equals + 1)];
  });
  return { body: new URLSearchParams(pairs) };
}

function textOf(text: string): string {
  return text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text;
}

/** RFC 5849 section 3.3. */
function seconds(text: string): string {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds since 1970.');
  return text;
}

function usage(message: string): CliFailure {
  return new CliFailure('sign_unusable', message, undefined, { exitCode: EXIT.usage });
}

function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
