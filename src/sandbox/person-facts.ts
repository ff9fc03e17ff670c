/** The facts about a person, each with the path at which a definition looks for it. */
import type { ProviderDefinition } from '../providers/index.js';
import { place } from './dotted-path.js';
import type { Person } from './people.js';

type Facts = Pick<ProviderDefinition['profile'], 'name' | 'username' | 'email' | 'emailVerified' | 'picture'> & {
  readonly subject?: ProviderDefinition['profile']['subject'];
};

type Fact = readonly [path: string, value: unknown];

/** Stands in for the team, company or tenant of an account whose own id is all that is known. */
const anyGroup = 'sandbox';

/** An answer in which each fact stands where the definition looks for it. */
export function answerWith(paths: Facts, person: Person): Record<string, unknown> {
  return built(factsOf(paths, person).filter(([path]) => !path.startsWith('@')));
}

/** What the definition looks for beside the token. */
export function besideTheToken(paths: Facts, person: Person): Record<string, unknown> {
  const here = factsOf(paths, person).filter(([path]) => path.startsWith('@token.'));
  return built(here.map(([path, value]) => [path.slice('@token.'.length), value]));
}

function built(facts: readonly Fact[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, value] of facts) place(root, path, value);
  return root;
}

function factsOf(paths: Facts, person: Person): readonly Fact[] {
  const facts: (readonly [path: string | undefined, value: unknown])[] = [
    [paths.username, person.username],
    ...nameFacts(paths.name, person.name),
    [paths.email, person.email],
    ...flagFacts(paths.emailVerified, person.emailVerified),
    // A picture that is put together from several fields leads to the service's own servers, which no sandbox should call.
    ...(typeof paths.picture === 'string' ? [[paths.picture, person.picture] as const] : []),
    // Last, because the subject must be right even where a definition uses one field twice.
    ...subjectFacts(paths.subject, person.subject),
  ];
  return facts.filter((fact): fact is Fact => fact[0] !== undefined && fact[1] !== undefined);
}

function nameFacts(fact: Facts['name'], name: string): readonly (readonly [string | undefined, unknown])[] {
  if (fact === undefined || typeof fact === 'string') return [[fact, name]];
  if (!Array.isArray(fact)) return [];
  const [given = name, ...family] = name.split(' ');
  const [first, ...others] = fact;
  return [[first, given], ...others.map((path, index) => [path, index === 0 ? family.join(' ') : ''] as const)];
}

function flagFacts(
  flag: Facts['emailVerified'],
  verified: Person['emailVerified'],
): readonly (readonly [string | undefined, unknown])[] {
  if (flag === undefined || flag === true) return [];
  if (typeof flag === 'string') return [[flag, verified]];
  return [[flag.path, verified === true || verified === 'true' ? flag.values[0] : undefined]];
}

/** `group:id` for a definition that reads both; an id alone is in a group of the sandbox's own. */
function subjectFacts(paths: Facts['subject'], subject: string): readonly (readonly [string | undefined, unknown])[] {
  if (paths === undefined || typeof paths === 'string') return [[paths, subject]];
  // What the callback tells is not a person's.
  const own = paths.filter((path) => !path.startsWith('@callback.'));
  const parts = subject.split(':');
  while (parts.length < own.length) parts.unshift(anyGroup);
  return own.map((path, index) => [path, parts[index]] as const);
}
