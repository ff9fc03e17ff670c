/** Definitions from files: each `*.json` of a directory is one provider. A wrong file is refused with the path of the wrong field. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineProvider, type ProviderDefinition } from './definition.js';
import { builtInDefinitions } from './definitions/index.js';

export interface LoadedDefinitions {
  readonly definitions: readonly ProviderDefinition[];
  readonly refused: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * @param directory undefined when there is none
 * @throws Error with code `providers_dir_unreadable` when the directory cannot be listed
 */
export function loadDefinitions(directory: string | undefined): LoadedDefinitions {
  if (directory === undefined) return { definitions: [], refused: [] };
  const taken = new Set(builtInDefinitions.map(({ id }) => id));
  const definitions: ProviderDefinition[] = [];
  const refused: { file: string; reason: string }[] = [];
  for (const file of filesIn(directory)) {
    try {
      const definition = defineProvider(parse(readFileSync(join(directory, file), 'utf8')));
      if (taken.has(definition.id))
        throw new Error(`Provider definition refused: id: "${definition.id}" is taken already`);
      taken.add(definition.id);
      definitions.push(definition);
    } catch (error) {
      refused.push({ file, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { definitions, refused };
}

/** The parser's own message quotes the text, which may hold what should not be logged; the place is all that helps. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = / at position \d+( \(line \d+ column \d+\))?/.exec(String(error))?.[0] ?? '';
    throw new Error(`Provider definition refused: not valid JSON${place}`);
  }
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch (cause) {
    const error = new Error('PROVIDERS_DIR names a directory that cannot be read.', { cause });
    throw Object.assign(error, { code: 'providers_dir_unreadable' });
  }
}

/** The definition of an OpenID provider of which only the issuer is known; discovery tells the rest. */
export function definitionOfIssuer(id: string, issuer: string): ProviderDefinition {
  return defineProvider({
    id,
    name: id.replace(/(^|-)[a-z]/g, (letter) => letter.replace('-', ' ').toUpperCase()),
    protocol: 'oidc',
    issuer,
    signIn: true,
    // OpenID Connect Core section 11: offline access is given only when the person is asked for consent.
    authorize: { connectParameters: { prompt: 'consent' } },
    scopes: { signIn: ['openid', 'email', 'profile'], connect: ['openid', 'email', 'profile', 'offline_access'] },
    pkce: 'supported',
    profile: {
      subject: 'sub',
      name: 'name',
      username: 'preferred_username',
      email: 'email',
      emailVerified: 'email_verified',
      picture: 'picture',
    },
    api: { baseUrls: [issuer] },
  });
}
