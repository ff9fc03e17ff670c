/** From the options of `latchkey call` to a request, much as curl reads them. */
import { createReadStream, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { CliFailure, EXIT } from '../failure.js';
import type { InputStream } from '../terminal/streams.js';

export interface CallOptions {
  readonly method?: string;
  readonly header: readonly string[];
  readonly query: readonly string[];
  readonly data?: string;
  readonly form: readonly string[];
  readonly upload?: string;
}

export interface PreparedCall {
  /** Path or absolute URL with its whole query. */
  readonly address: string;
  readonly init: RequestInit & { duplex?: 'half' };
}

/** @throws CliFailure for options that contradict each other or cannot be read */
export async function prepareCall(address: string, options: CallOptions, input: InputStream): Promise<PreparedCall> {
  const headers = new Headers();
  for (const header of options.header) addHeader(headers, header);
  const body = await bodyOf(options, headers, input);
  const method = (options.method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw usage(`${method} has no body.`, 'Leave out --method, or choose POST, PUT, PATCH or DELETE.');
  }
  const streamed = body instanceof ReadableStream ? { duplex: 'half' as const } : {};
  return {
    address: withQuery(address, options.query),
    init: { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body, ...streamed }) },
  };
}

/** Appended as text, because what stands there already is the caller's own spelling. */
function withQuery(address: string, query: readonly string[]): string {
  if (query.length === 0) return address;
  const added = new URLSearchParams(query.map((pair) => nameAndValue(pair, '--query'))).toString();
  const [before = '', fragment] = address.split('#', 2);
  return `${before}${before.includes('?') ? '&' : '?'}${added}${fragment === undefined ? '' : `#${fragment}`}`;
}

function addHeader(headers: Headers, text: string): void {
  const colon = text.indexOf(':');
  try {
    if (colon < 1) throw new TypeError('no colon');
    headers.append(text.slice(0, colon).trim(), text.slice(colon + 1).trim());
  } catch (cause) {
    throw usage('A header looks like "Name: value".', undefined, cause);
  }
}

async function bodyOf(
  { data, form, upload }: CallOptions,
  headers: Headers,
  input: InputStream,
): Promise<string | URLSearchParams | FormData | ReadableStream | Buffer | undefined> {
  const ways = [data !== undefined, form.length > 0, upload !== undefined].filter(Boolean).length;
  if (ways > 1) throw usage('Only one of --data, --form and --upload can be sent.');
  if (data !== undefined) return await jsonBody(data, headers, input);
  if (form.length > 0) return formBody(form);
  if (upload === undefined) return undefined;
  if (!headers.has('Content-Type')) headers.set('Content-Type', 'application/octet-stream');
  return Readable.toWeb(upload === '-' ? input : createReadStream(await readable(upload))) as ReadableStream;
}

/** Text of the command line, of a file, or of the standard input. */
async function jsonBody(data: string, headers: Headers, input: InputStream): Promise<Buffer> {
  const bytes = data.startsWith('@') ? await bytesOf(data.slice(1), input) : Buffer.from(data);
  if (headers.has('Content-Type')) return bytes;
  try {
    JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    const advice = "Add -H 'Content-Type: …' to send it as something else, or use --form name=value.";
    throw usage('The data is no JSON.', advice, cause);
  }
  headers.set('Content-Type', 'application/json');
  return bytes;
}

/** With a file among them it is multipart, without one a plain form. */
function formBody(fields: readonly string[]): URLSearchParams | FormData {
  const pairs = fields.map((field) => nameAndValue(field, '--form'));
  if (!pairs.some(([, value]) => value.startsWith('@'))) return new URLSearchParams(pairs);
  const form = new FormData();
  for (const [name, value] of pairs) {
    if (value.startsWith('@')) form.append(name, new Blob([readFileSync(value.slice(1))]), basename(value.slice(1)));
    else form.append(name, value);
  }
  return form;
}

async function bytesOf(file: string, input: InputStream): Promise<Buffer> {
  if (file !== '-') return readFileSync(file);
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Opened once beforehand, so that a file that is not there is said before anything is sent. */
async function readable(file: string): Promise<string> {
  const { open } = await import('node:fs/promises');
  await (await open(file)).close();
  return file;
}

function nameAndValue(text: string, option: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw usage(`${option} looks like name=value.`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function usage(message: string, advice?: string, cause?: unknown): CliFailure {
  return new CliFailure('call_unusable', message, advice, { cause, exitCode: EXIT.usage });
}
