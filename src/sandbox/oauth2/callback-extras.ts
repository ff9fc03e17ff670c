/** What a service adds to the way back besides code and state: its own values, the scopes that were granted, the host, a signature. */
import { createHmac } from 'node:crypto';
import type { ProviderDefinition } from '../../providers/index.js';
import { clientSecret } from '../clients.js';
import { served } from '../endpoints.js';

/** @param scopes undefined after a denial */
export function withExtras(
  definition: ProviderDefinition,
  parameters: Readonly<Record<string, string | undefined>>,
  scopes: readonly string[] | undefined,
): Record<string, string | undefined> {
  const { callback } = definition;
  const all = { ...parameters };
  if (!callback) return all;
  if (scopes) {
    for (const { name, example } of callback.keep ?? []) all[name] = example;
    if (callback.scopes) all[callback.scopes.parameter] = scopes.join(callback.scopes.separator);
  }
  if (callback.instanceParameter) {
    all[callback.instanceParameter] = served(definition.authorize?.url ?? '').path.split('/')[1];
  }
  if (callback.signature) all[callback.signature.parameter] = signatureOf(all);
  return all;
}

function signatureOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const signed = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return createHmac('sha256', clientSecret).update(signed).digest('hex');
}
