/**
 * Connecting without a callback (RFC 8628): the person types a code on any device with a browser, while we ask at the provider's pace. Nothing
 * comes back through a browser, so there is no state to check; what the person has to recognise is the code.
 */
import type { Grant, Sessions } from '../connections/index.js';
import { OAuth2Error } from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';
import { withOpenId } from './begin.js';
import { FlowRefused } from './flow-refused.js';
import { asRefusal, isDenial } from './provider-trouble.js';
import { readAccount } from './read-account.js';

export interface DeviceFlow {
  readonly userCode: string;
  readonly verificationUri: string;
  /** The same with the code in it. */
  readonly verificationUriComplete: string | undefined;
  readonly expiresAt: Date;
  /**
   * Waits for the person's decision, then asks whose account it is.
   * @throws FlowRefused `denied`, `flow_expired` or the provider's trouble; the signal's reason when it is aborted
   */
  grant(signal?: AbortSignal): Promise<Grant>;
}

export interface DeviceFlowOptions {
  readonly sessions: Sessions;
  readonly now: () => number;
}

/**
 * @param start.scopes asked for instead of the definition's
 * @returns undefined when the provider has no such way
 * @throws FlowRefused when it cannot be asked
 */
export async function beginDeviceFlow(
  { sessions, now }: DeviceFlowOptions,
  { provider, scopes }: { provider: Provider; scopes?: readonly string[] | undefined },
  signal?: AbortSignal,
): Promise<DeviceFlow | undefined> {
  const { protocol, scopes: usual } = provider.definition;
  if (protocol === 'oauth1') return undefined;
  const wanted = scopes ?? usual.connect;
  const asked = protocol === 'oidc' ? withOpenId(wanted) : wanted;
  const session = await asRefusal(() => sessions.oauth2Flow(provider));
  const started = await asRefusal(() => session.startDeviceAuthorization({ scopes: asked, ...optional(signal) })).catch(
    (error: unknown) => {
      if (hasNoEndpoint(error)) return undefined;
      throw error;
    },
  );
  if (!started) return undefined;
  const { userCode, verificationUri, verificationUriComplete, expiresAt } = started;
  return {
    userCode,
    verificationUri,
    verificationUriComplete,
    expiresAt,
    grant: async (patience) => {
      const token = await started.token(optional(patience)).catch((error: unknown) => asRefusal(() => fail(error)));
      const receivedAt = now();
      const credentials = { protocol: 'oauth2', token } as const;
      const account = await asRefusal(() => readAccount(sessions, provider, credentials));
      return { provider, account, credentials, intent: 'connect', receivedAt, ...(scopes ? { asked: scopes } : {}) };
    },
  };
}

/** Neither the definition nor the issuer's own metadata names an address. */
function hasNoEndpoint(error: unknown): boolean {
  const cause = error instanceof FlowRefused ? error.cause : error;
  return cause instanceof OAuth2Error && cause.code === 'oauth2_endpoint_missing';
}

async function fail(error: unknown): Promise<never> {
  if (isDenial(error)) throw new FlowRefused('denied', { cause: error });
  if (error instanceof OAuth2Error && error.code === 'oauth2_device_code_expired') {
    throw new FlowRefused('flow_expired', { cause: error });
  }
  throw error;
}

function optional(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}
