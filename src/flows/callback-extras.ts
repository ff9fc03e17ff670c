/**
 * What a definition says about the callback besides code and state: values that belong to the grant, scopes, a signature, the host. All of it came
 * through the browser: a value is kept only if it has the expected form, and none of it ever says who somebody is.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { fits, type GrantDetails, type Provider } from '../providers/index.js';
import { FlowRefused } from './flow-refused.js';

/**
 * @param provider bound to the flow's host
 * @throws FlowRefused `callback_malformed`
 */
export function detailsOf(
  provider: Provider,
  parameters: URLSearchParams,
  instance: string | undefined,
): GrantDetails | undefined {
  const { callback } = provider.definition;
  if (callback?.signature) checkSignature(provider, parameters, callback.signature.parameter);
  if (callback?.instanceParameter && instance !== undefined) {
    checkHost(provider, parameters.get(callback.instanceParameter));
  }
  const kept = keptOf(provider, parameters);
  if (instance === undefined && !kept) return undefined;
  return { ...(instance === undefined ? {} : { instance }), ...(kept ? { kept } : {}) };
}

/** The granted scopes, where the definition finds them in the callback. */
export function callbackScopes({ definition }: Provider, parameters: URLSearchParams): readonly string[] | undefined {
  const { scopes } = definition.callback ?? {};
  const granted = scopes && parameters.get(scopes.parameter);
  return granted ? granted.split(scopes.separator).filter((scope) => scope !== '') : undefined;
}

function keptOf({ definition }: Provider, parameters: URLSearchParams): Record<string, string> | undefined {
  const { keep } = definition.callback ?? {};
  if (!keep) return undefined;
  const kept: Record<string, string> = {};
  for (const { name, pattern, required } of keep) {
    const value = parameters.get(name);
    if (value === null && !required) continue;
    if (value === null || !fits(pattern, value)) throw new FlowRefused('callback_malformed');
    kept[name] = value;
  }
  return kept;
}

function checkSignature({ client }: Provider, parameters: URLSearchParams, name: string): void {
  const signed = [...parameters]
    .filter(([parameter]) => parameter !== name)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([parameter, value]) => `${parameter}=${value}`)
    .join('&');
  // Without our secret anybody could have signed it.
  if (!client.clientSecret) throw new FlowRefused('callback_malformed');
  const expected = createHmac('sha256', client.clientSecret).update(signed).digest();
  const given = Buffer.from(parameters.get(name) ?? '', 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new FlowRefused('callback_malformed');
}

/** The callback names the host in full; the definition's first endpoint has it too. */
function checkHost({ definition, sandbox }: Provider, named: string | null): void {
  const { host, pathname } = new URL(definition.authorize?.url ?? definition.issuer ?? '');
  // In the sandbox the real host is the first step of the path.
  const expected = sandbox ? pathname.split('/')[1] : host;
  if (!named || named !== expected) throw new FlowRefused('callback_malformed');
}
