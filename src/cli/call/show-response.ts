/** What came back: bytes as they are into a pipe or a file, something to read on a terminal. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseJson } from '../../oauth2/index.js';
import type { CommandLine } from '../command-line.js';
import { CliFailure } from '../failure.js';
import { readableJson } from '../terminal/readable-json.js';
import type { OutputStream } from '../terminal/streams.js';
import { visible } from '../terminal/visible.js';

export interface ShowOptions {
  readonly include?: true;
  readonly output?: string;
}

/** @throws HttpError when the answer breaks off, file system errors */
export async function showResponse(cli: CommandLine, response: Response, options: ShowOptions): Promise<void> {
  const { terminal } = cli;
  if (cli.json) {
    const bytes = Buffer.from(await response.arrayBuffer());
    const { status, headers } = response;
    cli.show({ status, headers: Object.fromEntries(headers), ...(await bodyAsJson(bytes, options.output)) }, () => '');
    return;
  }
  if (options.include) terminal.result(headOf(response, terminal.resultsAreSeen));
  if (options.output !== undefined) {
    await toFile(response, options.output);
  } else if (terminal.resultsAreSeen) {
    const text = textForPeople(Buffer.from(await response.arrayBuffer()), cli);
    if (text !== '') terminal.result(text);
  } else if (response.body) {
    await pipe(response, terminal.output);
  }
}

function headOf({ status, statusText, headers }: Response, seen: boolean): string {
  const lines = [
    `HTTP ${status}${statusText ? ` ${statusText}` : ''}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
  ];
  const text = `${lines.join('\n')}\n`;
  return seen ? visible(text) : text;
}

/** Readable for its owner only: answers are about a person. */
async function toFile(response: Response, file: string): Promise<void> {
  const { body } = response;
  const bytes = body ? Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]) : Readable.from([]);
  await pipeline(bytes, createWriteStream(file, { mode: 0o600 }));
}

async function pipe(response: Response, output: OutputStream): Promise<void> {
  if (!response.body) return;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    if (!output.write(chunk)) await new Promise((resolve) => output.once('drain', resolve));
  }
}

function textForPeople(bytes: Buffer, cli: CommandLine): string {
  const text = decoded(bytes);
  if (text === undefined) {
    throw new CliFailure(
      'binary_answer',
      `The answer is ${bytes.length} bytes that are no text.`,
      'Save it with --output, or pipe it.',
    );
  }
  // What is spelled out in here is spelled as JSON spells it, so JSON stays what it was.
  const harmless = visible(text);
  return isJson(harmless) ? readableJson(harmless, cli.terminal.paint) : harmless;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function decoded(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

async function bodyAsJson(bytes: Buffer, file: string | undefined): Promise<object> {
  if (file !== undefined) {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(file, bytes, { mode: 0o600 });
    return { file };
  }
  const text = decoded(bytes);
  if (text === undefined) return { base64: bytes.toString('base64') };
  try {
    return { body: parseJson(text) };
  } catch {
    return { body: text };
  }
}
