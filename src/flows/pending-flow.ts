/**
 * One authorization attempt between its start and its callback. It lives nowhere but in a sealed cookie of the browser that started
 * it: that binds it to this browser, costs no database row, and any app instance can finish it. The seal is bound to the flow's key
 * (the state, or the OAuth 1 temporary token), so that a cookie opens for no other callback.
 */
import { createHash } from 'node:crypto';
import type { Provider } from '../providers/index.js';
import { type Vault, VaultError } from '../vault/index.js';
import { FlowRefused } from './flow-refused.js';

export const FLOW_LIFE_SECONDS = 600;
export const MAX_PENDING_FLOWS = 5;
/** Five of them, with their names and attributes, must stay under 4 kB. */
const MAX_SEALED_BYTES = 700;

export type Intent = 'sign-in' | 'connect';

/** What the protocol needs to finish. */
export type PendingProof =
  | { readonly protocol: 'oauth1'; readonly token: string; readonly tokenSecret: string }
  | { readonly protocol: 'oauth2'; readonly state: string; readonly codeVerifier?: string; readonly nonce?: string };

export interface PendingFlow {
  readonly provider: string;
  readonly sandbox: boolean;
  readonly intent: Intent;
  /** Who started it; always given with `connect`. */
  readonly userId?: string | undefined;
  /** Same-origin path to land on afterwards. */
  readonly returnTo?: string | undefined;
  /** The host that the person named, for definitions with `instance`. */
  readonly instance?: string | undefined;
  /** Marks of asked-scopes.ts: what was asked for, where that was not what the definition usually asks for. */
  readonly asked?: string | undefined;
  /** Seconds since the epoch. */
  readonly startedAt: number;
  readonly proof: PendingProof;
}

/** The name and value to put into the browser's jar. */
export interface SealedFlow {
  readonly name: string;
  readonly value: string;
}

/** What the callback will carry: the state, or the temporary token. */
export function flowKeyOf(proof: PendingProof): string {
  return proof.protocol === 'oauth1' ? proof.token : proof.state;
}

/** Names a flow in the database and in the session without giving its key away. */
export function flowHash(provider: string, key: string): string {
  return createHash('sha256').update(`${provider}\n${key}`).digest('base64url');
}

/** @throws FlowRefused `flow_too_large` */
export function sealFlow(vault: Vault, flow: PendingFlow): SealedFlow {
  const key = flowKeyOf(flow.proof);
  const { proof } = flow;
  // One-letter names, because the cookie has to stay small.
  const compact = {
    p: flow.provider,
    x: flow.sandbox ? 1 : 0,
    i: flow.intent === 'connect' ? 'c' : 's',
    u: flow.userId,
    r: flow.returnTo,
    h: flow.instance,
    a: flow.asked,
    t: flow.startedAt,
    ...(proof.protocol === 'oauth1'
      ? { k: proof.token, z: proof.tokenSecret }
      : { s: proof.state, v: proof.codeVerifier, n: proof.nonce }),
  };
  const value = vault.seal('flow', key, JSON.stringify(compact));
  if (value.length > MAX_SEALED_BYTES) throw new FlowRefused('flow_too_large');
  return { name: `${flow.startedAt.toString(36)}-${nameOf(key)}`, value };
}

/**
 * Finds the flow of a callback among the flow cookies of this browser.
 * @param jar flow names (as {@link sealFlow} made them) and values
 * @returns undefined when there is none, or it cannot be opened
 */
export function openFlow(
  vault: Vault,
  jar: ReadonlyMap<string, string>,
  key: string,
): { flow: PendingFlow; name: string } | undefined {
  const suffix = `-${nameOf(key)}`;
  for (const [name, value] of jar) {
    if (!name.endsWith(suffix)) continue;
    const flow = open(vault, value, key);
    if (flow) return { flow, name };
  }
  return undefined;
}

/** Which flows have to go so that one more fits: the oldest first; names begin with the time of their start. */
export function surplusFlows(names: readonly string[]): readonly string[] {
  const startOf = (name: string) => Number.parseInt(name.split('-')[0] ?? '', 36) || 0;
  const oldestFirst = names.toSorted((a, b) => startOf(a) - startOf(b));
  return oldestFirst.slice(0, Math.max(0, names.length - (MAX_PENDING_FLOWS - 1)));
}

export function isExpired(flow: PendingFlow, nowMs: number): boolean {
  return nowMs >= (flow.startedAt + FLOW_LIFE_SECONDS) * 1000;
}

/** Aimed at the same provider, on the same side of the sandbox's fence. */
export function belongsTo(flow: PendingFlow, provider: Provider): boolean {
  return flow.provider === provider.id && flow.sandbox === provider.sandbox;
}

function nameOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22).replaceAll('-', '.');
}

function open(vault: Vault, value: string, key: string): PendingFlow | undefined {
  let plain: string;
  try {
    plain = vault.open('flow', key, value);
  } catch (error) {
    if (error instanceof VaultError) return undefined;
    throw error;
  }
  const { p, x, i, u, r, h, a, t, s, v, n, k, z } = JSON.parse(plain);
  return {
    provider: p,
    sandbox: x === 1,
    intent: i === 'c' ? 'connect' : 'sign-in',
    userId: u,
    returnTo: r,
    ...(h === undefined ? {} : { instance: h }),
    ...(a === undefined ? {} : { asked: a }),
    startedAt: t,
    proof:
      k === undefined
        ? { protocol: 'oauth2', state: s, ...(v ? { codeVerifier: v } : {}), ...(n ? { nonce: n } : {}) }
        : { protocol: 'oauth1', token: k, tokenSecret: z },
  };
}
