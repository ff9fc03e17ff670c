/** The page of one provider: what to register, what it does differently, and why we believe it. */
import type { ProviderDefinition } from '../../src/providers/index.js';
import { cell, code, duration, mayEndOf, NOTE, PROTOCOLS, stateOf, variablesOf } from './words.js';

type ById = ReadonlyMap<string, ProviderDefinition>;

export function providerPage(definition: ProviderDefinition, byId: ById): string {
  const parts = [
    `# ${definition.name}`,
    NOTE,
    stateParagraph(definition, byId),
    table(factsOf(definition, byId)),
    registerSection(definition),
    listSection('What is different here', definition.quirks),
    listSection('Limits', [
      ...(definition.limits ?? []),
      ...rateLimitWords(definition),
      ...(definition.api.billed ? [definition.api.billed] : []),
    ]),
    evidenceSection(definition),
  ];
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

function stateParagraph(definition: ProviderDefinition, byId: ById): string | undefined {
  const { status } = definition;
  if (!status) return undefined;
  const successor = status.successor === undefined ? undefined : byId.get(status.successor);
  const next = successor ? `Its place is taken by [${successor.name}](${successor.id}.md).` : '';
  return [`**${capital(stateOf(definition))}.**`, status.note, next].filter((text) => text).join(' ');
}

function factsOf(definition: ProviderDefinition, byId: ById): readonly (readonly [string, string | undefined])[] {
  const { id, protocol, authorize, token, oauth1, scopes, instance } = definition;
  const shared = definition.namespace === undefined ? undefined : byId.get(definition.namespace);
  return [
    ['id', `\`${id}\``],
    ['protocol', oauth1 ? `${PROTOCOLS[protocol]}, signed with ${oauth1.signatureMethod}` : PROTOCOLS[protocol]],
    ['callback URL', `\`BASE_URL/auth/${id}/callback\``],
    ['environment', `${variablesOf(definition)}${secretWords(definition)}`],
    ['sign in', definition.signIn === false ? 'no: it can be connected only' : 'yes'],
    ['host', instance ? `${instance.label}, such as \`${instance.placeholder}\`` : undefined],
    ['authorization', oauth1?.authorize ?? authorize?.url ?? definition.issuer],
    ['token', oauth1?.accessToken ?? token?.url],
    ['scopes to sign in', protocol === 'oauth1' ? undefined : code(scopes.signIn)],
    ['scopes to connect', protocol === 'oauth1' ? undefined : code(scopes.connect)],
    ['PKCE', protocol === 'oauth1' ? undefined : pkceWords[definition.pkce]],
    ['client authentication', token && authenticationWords[token.clientAuth]],
    ['access token', token?.lifetimeSeconds ? `lives ${duration(token.lifetimeSeconds)}` : undefined],
    ['renewal', mayEndOf(definition)],
    [
      'account id',
      [definition.profile.subject]
        .flat()
        .map((path) => `\`${path}\``)
        .join(' and '),
    ],
    ['account ids shared with', shared ? `[${shared.name}](${shared.id}.md)` : undefined],
    ['e-mail address', emailWords(definition)],
    ['API', code(definition.api.baseUrls)],
    ['revocation', definition.revoke ? definition.revoke.url : 'none: the person withdraws it at the provider'],
    ['where people withdraw it', definition.manageUrl],
    ['console', definition.consoleUrl],
    ['documentation', definition.docsUrl],
  ];
}

const pkceWords = {
  required: 'required',
  supported: 'sent',
  forbidden: 'not sent, because the service refuses it',
} as const;

const authenticationWords = {
  basic: 'Basic',
  post: 'client secret in the body',
  none: 'none, only the client id',
} as const;

function secretWords({ oauth1, token }: ProviderDefinition): string {
  if (oauth1?.signatureMethod.startsWith('RSA-')) return ' (the secret is the private key in PEM)';
  if (token?.mintedSecret) return ' (the secret is JSON: `{"issuer", "keyId", "privateKey"}`)';
  return '';
}

function emailWords({ profile, protocol }: ProviderDefinition): string {
  const source = [profile, ...(profile.more ?? [])].find(({ email }) => email !== undefined);
  if (!source) return protocol === 'oidc' ? 'as the ID token says' : 'not told';
  return source.emailVerified === undefined
    ? 'told, and counted as unverified'
    : 'told, with a flag that it was verified';
}

function rateLimitWords({ api }: ProviderDefinition): readonly string[] {
  const { limit, remaining, reset } = api.rateLimit ?? {};
  const names = [limit, remaining, reset].filter((name) => name !== undefined);
  return names.length === 0 ? [] : [`How much is left is told by ${code(names)}.`];
}

function registerSection({ register }: ProviderDefinition): string | undefined {
  if (!register) return undefined;
  const steps = register.steps.map((step, index) => `${index + 1}. ${step}`).join('\n');
  const needs = (register.needs ?? []).map((need) => `- ${need}`).join('\n');
  const rule = register.callbackRule ? `Callback URLs: ${register.callbackRule}` : '';
  return ['## What to register', steps, rule, needs].filter((part) => part !== '').join('\n\n');
}

function evidenceSection({ confidence }: ProviderDefinition): string | undefined {
  if (!confidence) return undefined;
  const head = `Checked against documentation of ${confidence.checked}; confidence ${confidence.level}.`;
  const claims = (confidence.claims ?? []).map(({ claim, basis, source, date }) => {
    const where = source ? `: ${source}` : '';
    return `- ${claim}: ${basis}${where}${date ? ` (${date})` : ''}`;
  });
  const parts = ['## Evidence', [head, confidence.note].filter((text) => text).join(' '), claims.join('\n')];
  return parts.filter((part) => part !== '').join('\n\n');
}

function listSection(title: string, items: readonly string[] | undefined): string | undefined {
  return items && items.length > 0 ? `## ${title}\n\n${items.map((item) => `- ${item}`).join('\n')}` : undefined;
}

function table(facts: readonly (readonly [string, string | undefined])[]): string {
  const rows = facts.flatMap(([name, value]) => (value ? [`| ${name} | ${cell(value)} |`] : []));
  return ['| | |', '|---|---|', ...rows].join('\n');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
