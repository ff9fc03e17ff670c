/**
 * Token answers in the shape the provider uses: the definition's token rules, which tell our client how to read them, tell the
 * sandbox how to write them; what data cannot say (a status, an encoding) is a quirk of the service.
 */
import type { ProviderDefinition } from '../../providers/index.js';
import { type Answer, formEncoded, json, notCached } from '../answer.js';
import { place } from '../dotted-path.js';
import type { SandboxRequest } from '../request.js';
import { tokenServiceOf } from '../services/index.js';
import type { OAuth2Refusal } from './refusal.js';

type Fields = Record<string, unknown>;

/** @param fields under the names of RFC 6749 section 5.1 */
export function tokenGranted(request: SandboxRequest, definition: ProviderDefinition, fields: Fields): Answer {
  const rules = definition.token?.rules ?? {};
  const own = new Map(Object.entries(rules.rename ?? {}).map(([theirs, standard]) => [standard, theirs]));
  const renamed = Object.fromEntries(Object.entries(fields).map(([name, value]) => [own.get(name) ?? name, value]));
  const body = successOf(definition);
  if (rules.root === undefined) Object.assign(body, renamed);
  else place(body, rules.root, renamed);
  return encoded(request, definition, 200, body, {});
}

/** What a service says beside every success, where that is how it tells one from an error. */
export function successOf({ token }: ProviderDefinition): Fields {
  const body: Fields = {};
  for (const { path, equals, not } of token?.rules?.errors ?? []) {
    if (typeof equals === 'boolean') place(body, path, !equals);
    if (not !== undefined) place(body, path, not);
  }
  return body;
}

/** The service's own word for an error of RFC 6749 section 5.2; a number where it counts its errors. */
function ownCode(codes: Readonly<Record<string, string>> | undefined, code: string): string | number {
  const [own = code] = Object.entries(codes ?? {}).find(([, standard]) => standard === code) ?? [];
  return /^\d{1,9}$/.test(own) ? Number(own) : own;
}

/** @param definition undefined when the client is unknown: then every definition at this endpoint has the same shape */
export function tokenRefused(
  request: SandboxRequest,
  definition: ProviderDefinition | undefined,
  refusal: OAuth2Refusal,
): Answer {
  const quirks = definition ? tokenServiceOf(definition).tokens : {};
  const rules = definition?.token?.rules ?? {};
  // Rules about one wording are for reading the real service; its usual form is that of the RFC.
  const rule = rules.errors?.find(({ equals }) => typeof equals !== 'string');
  const ownCodes = rule || !rules.errors ? rules.errorCodes : undefined;
  const code = quirks.errorNames?.[refusal.code] ?? ownCode(ownCodes, refusal.code);
  const body: Fields = {};
  if (rule) {
    if (rule.equals !== undefined) place(body, rule.path, rule.equals);
    // Any other value than the good one tells of an error; where that is the code itself, it follows.
    else if (rule.not !== undefined) place(body, rule.path, typeof rule.not === 'number' ? rule.not + 1 : 'error');
    place(body, rule.code, code);
    if (rule.description !== undefined && rule.description !== rule.code) {
      place(body, rule.description, refusal.message);
    }
  } else {
    body.error = code;
    body.error_description = refusal.message;
  }
  const status = quirks.errorStatus ?? refusal.status;
  // RFC 6749 section 5.2: required where the client tried the Authorization header.
  const challenge = status === 401 ? { 'WWW-Authenticate': 'Basic realm="sandbox"' } : {};
  return encoded(request, definition, status, body, challenge);
}

function encoded(
  request: SandboxRequest,
  definition: ProviderDefinition | undefined,
  status: number,
  body: Fields,
  headers: Readonly<Record<string, string>>,
): Answer {
  const asForm = definition && tokenServiceOf(definition).tokens.formUnlessJsonAccepted && !asksForJson(request);
  const all = { ...notCached, ...headers };
  if (!asForm) return json(status, body, all);
  return formEncoded(
    status,
    Object.entries(body).map(([name, value]) => [name, String(value)] as const),
    all,
  );
}

function asksForJson(request: SandboxRequest): boolean {
  return (request.headers.accept ?? '').includes('json');
}
