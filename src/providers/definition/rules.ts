/** Rules that concern several fields of a definition at once. */
import type { z } from 'zod';
import { fits } from './patterns.js';
import type { DefinitionShape } from './shape.js';

/** @param context where wrong fields are reported, by their path */
export function checkRules(definition: DefinitionShape, context: z.RefinementCtx<DefinitionShape>): void {
  const complain = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: field.split('.'), message });
  const { protocol, profile, authorize, token } = definition;

  if (protocol !== 'oidc' && !profile.url && ![profile.subject].flat().every((path) => path.startsWith('@token.'))) {
    complain('profile.url', `is needed by protocol "${protocol}"`);
  }
  if (protocol === 'oauth1' && !definition.oauth1) complain('oauth1', 'is needed by protocol "oauth1"');
  if (protocol === 'oauth2' && !authorize?.url) {
    complain(authorize ? 'authorize.url' : 'authorize', 'is needed by protocol "oauth2"');
  }
  if (protocol === 'oauth2' && !token) complain('token', 'is needed by protocol "oauth2"');
  if (protocol === 'oidc' && !definition.issuer && !(authorize?.issuer && definition.openid?.jwksUrl)) {
    // Whoever the ID token names signs in, so what it is checked with must be known (OpenID Connect Core section 3.1.3.7).
    complain(
      'issuer',
      'is needed by protocol "oidc" to check ID tokens (or authorize.issuer and openid.jwksUrl; without either, it is an "oauth2")',
    );
  }
  if (definition.openid?.jwksUrl && !(authorize?.url && token)) {
    complain('openid.jwksUrl', 'needs authorize.url and token beside it');
  }
  if (token?.mintedSecret && token.clientAuth !== 'post') {
    complain('token.clientAuth', 'must be "post" where the client secret is minted');
  }
  if (!definition.instance && JSON.stringify(definition).includes('{instance}')) {
    complain('instance', 'is needed by the addresses with {instance}');
  }
  if (definition.instance && !fits(definition.instance.pattern, definition.instance.placeholder)) {
    complain('instance.placeholder', 'must be an example that fits the pattern');
  }
  for (const [index, { pattern, example }] of (definition.callback?.keep ?? []).entries()) {
    if (!fits(pattern, example)) complain(`callback.keep.${index}.example`, 'must fit the pattern');
  }
  if (definition.callback?.instanceParameter && !definition.instance) {
    complain('callback.instanceParameter', 'needs instance');
  }
  const askable = new Set([...definition.scopes.signIn, ...definition.scopes.connect]);
  for (const [index, { scopes = [] }] of (definition.readings ?? []).entries()) {
    if (!scopes.every((scope) => askable.has(scope))) {
      complain(`readings.${index}.scopes`, 'must be among the scopes that are asked for');
    }
  }
  if (definition.refresh?.mode === 'none' && (definition.refresh.lifetimeDays ?? definition.refresh.inactivityDays)) {
    complain('refresh', 'with mode "none" there is nothing that could end');
  }
}
