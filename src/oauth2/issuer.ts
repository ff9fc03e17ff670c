/**
 * Comparing issuers (OpenID Connect Core 3.1.3.7 rule 2, RFC 9207 section 2.4): exact strings, with the one exception of an issuer whose
 * definition holds `{tenantid}`, where each tenant's tokens name the tenant. Its value has to look like a tenant id and to equal `tid`.
 */
import type { OpenIdOptions } from './options.js';

const TEMPLATE = '{tenantid}';
const TENANT = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The issuers a token may name.
 * @param tenant the token's `tid` claim, not yet verified; it only chooses which exact string has to stand in `iss`
 */
export function acceptableIssuers(openid: OpenIdOptions, tenant: unknown): readonly string[] {
  const known = [openid.issuer, ...(openid.alsoIssuers ?? [])];
  const named = typeof tenant === 'string' && TENANT.test(tenant) ? tenant : undefined;
  return known.flatMap((issuer) => {
    if (!issuer.includes(TEMPLATE)) return [issuer];
    return named === undefined ? [] : [issuer.replace(TEMPLATE, named)];
  });
}

/** Whether a callback's `iss` is the expected issuer. */
export function isExpectedIssuer(expected: string, actual: string): boolean {
  if (!expected.includes(TEMPLATE)) return expected === actual;
  const [before = '', after = ''] = expected.split(TEMPLATE);
  const tenant = actual.slice(before.length, actual.length - after.length);
  return actual.startsWith(before) && actual.endsWith(after) && TENANT.test(tenant);
}
