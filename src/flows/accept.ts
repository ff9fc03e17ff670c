/**
 * The callback of a flow, up to the grant. The order of the checks is the point: browser, provider, person and parameters first,
 * which spend nothing; then the flow is claimed; only then is anything sent to the provider.
 */
import { type Grant, type Sessions, SubjectMissing } from '../connections/index.js';
import type { PrismaClient } from '../db/index.js';
import type { Events } from '../events/index.js';
import { type AuthorizedTemporaryCredentials, TemporaryCredentials } from '../oauth1/index.js';
import type { AuthorizationResponse } from '../oauth2/index.js';
import { bindProvider, type GrantDetails, type Provider } from '../providers/index.js';
import type { Vault } from '../vault/index.js';
import { markedScopes } from './asked-scopes.js';
import { callbackScopes, detailsOf } from './callback-extras.js';
import type { FlowJar } from './flow-jar.js';
import { FlowRefused } from './flow-refused.js';
import { belongsTo, flowHash, isExpired, openFlow, type PendingFlow } from './pending-flow.js';
import { asRefusal, endsTheFlow, refusalOfResponse } from './provider-trouble.js';
import { readAccount } from './read-account.js';
import { spendFlow } from './spent-flows.js';

export interface AcceptOptions {
  readonly sessions: Sessions;
  readonly vault: Vault;
  readonly prisma: PrismaClient;
  readonly events: Events;
  readonly now: () => number;
}

export interface Callback {
  readonly provider: Provider;
  /** The callback's query, exactly as it came. */
  readonly parameters: URLSearchParams;
  readonly callbackUrl: string;
  readonly jar: FlowJar;
  readonly signedInAs: string | undefined;
}

/** A flow that passed all checks and belongs to this callback alone. */
export interface AcceptedFlow {
  readonly flow: PendingFlow;
  readonly hash: string;
  /** Redeems the code or verifier, once. @throws FlowRefused */
  exchange(): Promise<void>;
  /** Asks who the account is; after {@link exchange}. @throws FlowRefused */
  grant(): Promise<Grant>;
}

const MAX_PARAMETER_LENGTH = 4096;
const MAX_PARAMETERS = 20;

/** @throws FlowRefused */
export async function acceptCallback(options: AcceptOptions, arrived: Callback): Promise<AcceptedFlow> {
  const { provider, parameters, jar, signedInAs } = arrived;
  refuseMalformed(parameters);
  const key = keyOf(provider, parameters);
  if (key === undefined) throw new FlowRefused('callback_malformed');
  const found = openFlow(options.vault, jar.all(), key);
  if (!found) throw new FlowRefused('flow_unknown');
  const { flow, name } = found;
  if (isExpired(flow, options.now())) throw new FlowRefused('flow_expired');
  if (!belongsTo(flow, provider)) throw new FlowRefused('provider_mismatch');
  if (flow.intent === 'connect' && flow.userId !== signedInAs) {
    await options.events.record({ kind: 'flow_user_mismatch', userId: flow.userId, provider: provider.id });
    throw new FlowRefused('user_mismatch');
  }
  const hash = flowHash(provider.id, key);
  const spend = async () => {
    await spendFlow(options.prisma, hash);
    jar.drop(name);
  };
  const { instance } = flow;
  const callback = { ...arrived, provider: bindProvider(provider, instance === undefined ? undefined : { instance }) };
  let proof: Proof;
  try {
    proof = await checkProof(options.sessions, callback, flow);
  } catch (error) {
    if (endsTheFlow(error)) await spend();
    throw refusalOfResponse(error);
  }
  const details = detailsOf(callback.provider, parameters, instance);
  await spend();
  return accepted(options, { ...callback, provider: bindProvider(provider, details) }, { flow, hash, proof, details });
}

type Proof =
  | { readonly protocol: 'oauth1'; readonly authorized: AuthorizedTemporaryCredentials }
  | { readonly protocol: 'oauth2'; readonly response: AuthorizationResponse };

async function checkProof(sessions: Sessions, callback: Callback, { proof }: PendingFlow): Promise<Proof> {
  const { provider, parameters, callbackUrl } = callback;
  if (proof.protocol === 'oauth1') {
    const authorized = sessions.oauth1Flow(provider).checkCallback(parameters, TemporaryCredentials.from(proof));
    return { protocol: 'oauth1', authorized };
  }
  const session = await sessions.oauth2Flow(provider);
  const response = session.checkCallback(parameters, { ...proof, redirectUri: callbackUrl });
  return { protocol: 'oauth2', response };
}

function accepted(
  { sessions, now }: AcceptOptions,
  { provider, parameters }: Callback,
  { flow, hash, proof, details }: { flow: PendingFlow; hash: string; proof: Proof; details: GrantDetails | undefined },
): AcceptedFlow {
  let received: Pick<Grant, 'credentials' | 'receivedAt'> | undefined;
  return {
    flow,
    hash,
    exchange: () =>
      asRefusal(async () => {
        const credentials = await redeem(sessions, provider, proof, callbackScopes(provider, parameters));
        received = { credentials: { ...credentials, ...(details ? { details } : {}) }, receivedAt: now() };
      }),
    grant: () =>
      asRefusal(async () => {
        if (!received) throw new TypeError('The grant is asked for before the exchange.');
        try {
          const account = await readAccount(sessions, provider, received.credentials);
          const asked = flow.asked && markedScopes(provider.definition, flow.asked);
          return { provider, account, intent: flow.intent, ...(asked ? { asked } : {}), ...received };
        } catch (error) {
          if (error instanceof SubjectMissing) throw new FlowRefused('provider_nonsense', { cause: error });
          throw error;
        }
      }),
  };
}

async function redeem(
  sessions: Sessions,
  provider: Provider,
  proof: Proof,
  scopes: readonly string[] | undefined,
): Promise<Grant['credentials']> {
  if (proof.protocol === 'oauth1') {
    const token = await sessions.oauth1Flow(provider).requestTokenCredentials(proof.authorized);
    return { protocol: 'oauth1', token };
  }
  const session = await sessions.oauth2Flow(provider);
  const token = await session.exchangeCode(proof.response);
  return { protocol: 'oauth2', token: scopes ? token.withScopes(scopes) : token };
}

/** RFC 6749 section 3.1: parameters must not appear more than once. */
function refuseMalformed(parameters: URLSearchParams): void {
  const names = [...parameters.keys()];
  const tooLong = [...parameters].some(([name, value]) => name.length + value.length > MAX_PARAMETER_LENGTH);
  if (names.length > MAX_PARAMETERS || new Set(names).size !== names.length || tooLong) {
    throw new FlowRefused('callback_malformed');
  }
}

/** A denial at an OAuth 1 provider names the temporary token as `denied` and nothing else. */
function keyOf(provider: Provider, parameters: URLSearchParams): string | undefined {
  const names = provider.definition.protocol === 'oauth1' ? ['oauth_token', 'denied'] : ['state'];
  for (const name of names) {
    const value = parameters.get(name);
    if (value) return value;
  }
  return undefined;
}
