/** What the environment says of each provider: our client there, or any OpenID issuer as a provider of its own. */
import type { EnvironmentReader } from './environment.js';
import { definitionOfIssuer, type ProviderClient, variablePrefix } from './providers/index.js';

/** A provider that the environment configures: our client there, or why it cannot be used. */
export interface ProviderSetting {
  readonly client?: ProviderClient;
  readonly issuer?: string;
  readonly problem?: string;
  /** Only an `…_ISSUER` is set, which may well be another program's: said in the log, but no reason to change anything else. */
  readonly doubtful?: boolean;
}

const MAX_ID_LENGTH = 40;

/** Ids come from the definitions, and from `<ID>_ISSUER`, which makes any OpenID issuer a provider. */
export function readProviderSettings(
  read: EnvironmentReader,
  definitionIds: readonly string[],
): ReadonlyMap<string, ProviderSetting> {
  const byIssuer = read.names.flatMap((name) => {
    const match = /^([A-Z][A-Z0-9_]*)_ISSUER$/.exec(name);
    return match?.[1] ? [match[1].toLowerCase().replaceAll('_', '-')] : [];
  });
  const settings = new Map<string, ProviderSetting>();
  for (const id of new Set([...definitionIds, ...byIssuer])) {
    const setting = readProvider(read, id, byIssuer.includes(id) && !definitionIds.includes(id));
    if (setting) settings.set(id, setting);
  }
  return settings;
}

/** A bad value here disables this provider with a reason, and nothing else. */
function readProvider(read: EnvironmentReader, id: string, issuerOnly: boolean): ProviderSetting | undefined {
  const prefix = variablePrefix(id);
  try {
    const clientId = read.text(`${prefix}_CLIENT_ID`);
    const clientSecret = read.text(`${prefix}_CLIENT_SECRET`);
    const issuer = read.text(`${prefix}_ISSUER`);
    if (!clientId && !clientSecret && !issuer) return undefined;
    if (!clientId) {
      return { problem: `${prefix}_CLIENT_ID is missing.`, ...(issuerOnly && !clientSecret ? { doubtful: true } : {}) };
    }
    if (issuerOnly && !(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id) && id.length <= MAX_ID_LENGTH)) {
      return { problem: `${prefix}_ISSUER has an unusable name.` };
    }
    if (issuer && !issuerOnly) return { problem: `${prefix}_ISSUER is not needed: this provider is defined already.` };
    if (issuer && !isIssuer(id, issuer)) {
      return { problem: `${prefix}_ISSUER must be an https URL without credentials or query.` };
    }
    return { client: { clientId, ...(clientSecret ? { clientSecret } : {}) }, ...(issuer ? { issuer } : {}) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'cannot be read' };
  }
}

function isIssuer(id: string, value: string): boolean {
  try {
    const { issuer } = definitionOfIssuer(id, value);
    // OpenID Connect Core section 2: no query or fragment.
    return issuer !== undefined && !issuer.includes('?');
  } catch {
    return false;
  }
}
