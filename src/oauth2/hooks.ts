/**
 * Compliance hooks: the last resort for a provider that its definition's data cannot describe. Five points, each an ordered list of pure
 * functions (old value in, new value out), applied first to last. Hooks see secrets; they must not keep or print them.
 */
import { asRecord, parseJson } from './parse-json.js';

/** A request to the token endpoint, complete with client authentication, before it is encoded. */
export interface TokenEndpointRequest {
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly format: 'form' | 'json';
  /** With GET the parameters stand in the query, whatever the format. */
  readonly method: 'GET' | 'POST';
}

/** A token endpoint's answer, before anything is made of it. */
export interface TokenEndpointResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** An API request as it will be sent, with the token already in place. */
export interface ProtectedRequest {
  readonly url: string;
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text bodies and forms; undefined where there is none, or where it is binary or a stream and hooks cannot change it. */
  readonly body?: string | undefined;
}

export interface ComplianceHooks {
  /** Every first grant: code exchange, client credentials, device … */
  readonly tokenRequest?: readonly ((request: TokenEndpointRequest) => TokenEndpointRequest)[];
  readonly tokenResponse?: readonly ((response: TokenEndpointResponse) => TokenEndpointResponse)[];
  readonly refreshRequest?: readonly ((request: TokenEndpointRequest) => TokenEndpointRequest)[];
  readonly refreshResponse?: readonly ((response: TokenEndpointResponse) => TokenEndpointResponse)[];
  readonly protectedRequest?: readonly ((request: ProtectedRequest) => ProtectedRequest)[];
}

/** Applies a list of hooks in order. Each gets a frozen value, so that a hook which tries to change its input fails at once. */
export function applyHooks<T extends object>(value: T, hooks: readonly ((value: T) => T)[] = []): T {
  return hooks.reduce((current, hook) => hook(Object.freeze(current)), value);
}

/**
 * A response hook that works on the parsed JSON body; other bodies pass unchanged.
 * @param change gets the parsed object and returns a new one
 */
export function mapJsonBody(
  change: (body: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): (response: TokenEndpointResponse) => TokenEndpointResponse {
  return (response) => {
    let body: Readonly<Record<string, unknown>> | undefined;
    try {
      body = asRecord(parseJson(response.text));
    } catch {
      // Not JSON: the parser after the hooks will say so, with evidence.
    }
    return body ? { ...response, text: JSON.stringify(change(body)) } : response;
  };
}

/** For {@link mapJsonBody}: `accessToken` becomes `access_token`, at the top level. */
export function camelToSnakeCase(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
