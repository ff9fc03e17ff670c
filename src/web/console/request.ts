/** Reads the console's form: what to call, with which header fields and body. Whatever may not be sent is named, and nothing is sent then. */
import type { Provider } from '../../providers/index.js';
import { basesOf, isCredentialName, type TargetProblem, targetOf } from './target.js';

/** The form as the person filled it in; shown again beside the answer. */
export interface ConsoleForm {
  readonly method: string;
  readonly base: string;
  readonly path: string;
  readonly headers: string;
  readonly body: string;
}

export interface ConsoleCall {
  readonly method: string;
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export type ConsoleProblem =
  | { readonly field: 'path'; readonly code: TargetProblem }
  | { readonly field: 'method'; readonly code: 'method' }
  /** `about` is the header field's name. */
  | {
      readonly field: 'headers';
      readonly code: 'header_line' | 'header_refused' | 'header_value' | 'headers_many';
      readonly about: string;
    }
  | { readonly field: 'body'; readonly code: 'body_not_sent' | 'body_long' | 'body_credentials' };

/** No TRACE and CONNECT, which would show or hand over the connection itself (sec-J8). */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const;

const MAX_HEADERS = 20;
const MAX_HEADER_VALUE = 1_000;
/** The form itself may not be longer than 20 kB. */
const MAX_BODY = 16_000;

/** What concerns the representation and nothing else: neither credentials, nor cookies, nor the connection, nor who asks (sec-J5). */
const ALLOWED_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'prefer',
  'range',
]);

/** @param fields the parsed form, from outside */
export function formOf(fields: Readonly<Record<string, unknown>> | undefined): ConsoleForm {
  const text = (name: string, fallback = '') => {
    const value = fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
    return typeof value === 'string' ? value : fallback;
  };
  return {
    method: text('method', 'GET'),
    base: text('base', '0'),
    path: text('path').trim(),
    headers: text('headers'),
    body: text('body'),
  };
}

export function callOf(form: ConsoleForm, provider: Provider): ConsoleCall | { readonly problem: ConsoleProblem } {
  const target = targetOf(basesOf(provider), form.base, form.path);
  if ('problem' in target) return { problem: { field: 'path', code: target.problem } };
  const method = METHODS.find((name) => name === form.method);
  if (!method) return { problem: { field: 'method', code: 'method' } };
  const headers = headersOf(form.headers, provider);
  if ('problem' in headers) return headers;
  const problem = bodyProblem(form.body, method);
  if (problem) return { problem };
  const { named } = headers;
  if (form.body !== '' && !('content-type' in named)) named['content-type'] = guessedType(form.body);
  return {
    method,
    address: target.address,
    headers: { accept: 'application/json', ...named },
    body: form.body === '' ? undefined : form.body,
  };
}

function headersOf(
  text: string,
  { definition }: Provider,
): { named: Record<string, string> } | { problem: ConsoleProblem } {
  const named: Record<string, string> = {};
  const problem = (code: 'header_line' | 'header_refused' | 'header_value' | 'headers_many', about: string) => {
    return { problem: { field: 'headers', code, about: about.slice(0, 60) } } as const;
  };
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  if (lines.length > MAX_HEADERS) return problem('headers_many', String(MAX_HEADERS));
  for (const line of lines) {
    const [, name = '', value = ''] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === '') return problem('header_line', line.trim());
    if (!mayBeSent(name.toLowerCase(), definition)) return problem('header_refused', name);
    if (!/^[\x20-\x7e]+$/.test(value) || value.length > MAX_HEADER_VALUE) return problem('header_value', name);
    named[name.toLowerCase()] = value;
  }
  return { named };
}

/** Versions of an API are asked for by header in many places, and what the definition sends itself may be sent otherwise, unless it holds credentials. */
function mayBeSent(name: string, { api }: Provider['definition']): boolean {
  if (ALLOWED_HEADERS.has(name) || /^[a-z][a-z\d-]*-version$/.test(name)) return true;
  const own = Object.entries(api.headers ?? {}).find(([header]) => header.toLowerCase() === name);
  return own !== undefined && !own[1].includes('{') && name !== 'authorization' && name !== 'cookie';
}

function bodyProblem(body: string, method: string): ConsoleProblem | undefined {
  if (body === '') return undefined;
  if (method === 'GET' || method === 'HEAD') return { field: 'body', code: 'body_not_sent' };
  if (Buffer.byteLength(body) > MAX_BODY) return { field: 'body', code: 'body_long' };
  const isForm = !isJson(body) && /^[\w.[\]%+-]+=/.test(body);
  const names = isForm ? [...new URLSearchParams(body).keys()] : [];
  return names.some((name) => isCredentialName(name.toLowerCase()))
    ? { field: 'body', code: 'body_credentials' }
    : undefined;
}

function guessedType(body: string): string {
  if (isJson(body)) return 'application/json';
  return /^[\w.[\]%+-]+=\S*$/.test(body) ? 'application/x-www-form-urlencoded' : 'text/plain; charset=utf-8';
}

function isJson(body: string): boolean {
  return /^\s*[[{]/.test(body);
}
