/**
 * Every definition against a table of facts that was collected from the providers' pages and from other programs' working code in November 2026,
 * before the definitions were written. Where a definition departs from the table, it says why; a departure that is gone has to go here too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInDefinitions, type ProviderDefinition } from '../../src/providers/index.js';

type Facts = Readonly<Record<string, string | number | null | undefined>>;

const table = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/provider-facts.json'), 'utf8')) as Readonly<
  Record<string, Facts>
>;

/** By definition: which fact is departed from, and why. */
const departures: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  twitter: { revoke: 'the documentation’s own example calls the address with .json' },
  x: { profile: 'the address is told to apps that X allows it alone, and would fail for the others' },
  github: { revoke: 'the same address with the placeholder of definitions' },
  'google-health': { protocol: 'the account is the health identity; the ID token is not needed' },
  microsoft: { profile: 'tenant and object id are in the ID token, and Graph does not tell the tenant' },
  facebook: { profile: 'without a version, the oldest one that the app may use would answer' },
  linkedin: { protocol: 'ID tokens repeat no nonce; userinfo tells the same' },
  'bitbucket-oauth1': { profile: 'API 1.0 told no id that lasts' },
  twitch: { profile: 'the ID token has the verified flag, which the API has not' },
  foursquare: { authorize: 'to connect, the page that always asks; the other one is for signing in' },
  polar: {
    revoke: 'the same address with the placeholder of definitions',
    profile: 'it fails until the person is registered',
  },
  'imgur-oauth1': {
    authorize: 'over https alone',
    token: 'over https alone',
    requestToken: 'over https alone',
    profile: 'over https alone',
  },
  'wikimedia-oauth1': {
    authorize: 'the page for people, which is not signed',
    profile: 'JSON instead of a JWT',
    confidence: 'that userinfo tells the same id is inferred',
    signature: 'one of two',
  },
  smugmug: { signature: 'one of two' },
  zotero: { confidence: 'names of parameters are reported, not documented' },
  notion: {
    revoke: 'it wants a body of its own kind',
    profile: 'everything stands beside the token, the workspace among it',
    separator: 'there are no scopes',
    pkce: 'bodies are checked against a schema',
  },
  trello: { separator: 'the scopes are a parameter of the authorization address' },
  'trello-oauth2': { authorize: 'inferred, and labelled so', token: 'inferred, and labelled so' },
  salesforce: {
    protocol: 'ids are unique with the organisation, which userinfo tells',
    authorize: 'at the My Domain of the company',
    token: 'at the My Domain of the company',
    revoke: 'at the My Domain of the company',
    profile: 'at the My Domain of the company',
  },
  quickbooks: { protocol: 'userinfo tells the same as the ID token' },
  xero: { profile: 'the stable id is in the ID token alone' },
  shopify: {
    authorize: 'the shop is named by its whole host',
    token: 'the shop is named by its whole host',
    profile: 'the shop is named by its whole host',
  },
  etsy: { profile: 'the same address with the placeholder of definitions' },
};

it('all of them are there', () => {
  expect(builtInDefinitions.map(({ id }) => id).sort()).toEqual(Object.keys(table).sort());
});

it.each(builtInDefinitions.map((definition) => [definition.id, definition] as const))('%s', (id, definition) => {
  const known = table[id] ?? {};
  const own = factsOf(definition);
  const different = Object.keys(known).filter((fact) => !agrees(fact, known[fact], own[fact]));
  expect(different.sort()).toEqual(Object.keys(departures[id] ?? {}).sort());
});

/** Where nobody says that PKCE hurts, S256 is sent. */
function agrees(fact: string, known: unknown, own: unknown): boolean {
  return known === own || (fact === 'pkce' && known === 'none' && own === 'supported');
}

function factsOf({ oauth1, ...definition }: ProviderDefinition): Facts {
  const { protocol, confidence, authorize, token, revoke, profile, scopes, pkce, refresh } = definition;
  return {
    protocol,
    confidence: confidence?.level,
    authorize: oauth1?.authorize ?? authorize?.url ?? null,
    token: oauth1?.accessToken ?? token?.url ?? null,
    requestToken: oauth1?.requestToken,
    revoke: revoke?.url ?? null,
    profile: profile.url ?? null,
    clientAuth: token?.clientAuth,
    separator: oauth1 ? null : (scopes.separator ?? ' '),
    pkce: oauth1 ? 'none' : pkce,
    refresh: refresh?.mode ?? 'static',
    lifetime: token?.lifetimeSeconds ?? null,
    signature: oauth1?.signatureMethod,
  };
}
