/** The table of all providers. */
import type { ProviderDefinition } from '../../src/providers/index.js';
import { cell, NOTE, PROTOCOLS, stateOf } from './words.js';

const GROUPS: Readonly<Record<NonNullable<ProviderDefinition['category']> | 'other', string>> = {
  'sign-in': 'Signing in',
  social: 'People and posts',
  code: 'Code',
  health: 'Health and sport',
  media: 'Music, pictures, video',
  work: 'Work',
  commerce: 'Commerce and accounting',
  knowledge: 'Knowledge and libraries',
  other: 'Others',
};

export function overviewPage(definitions: readonly ProviderDefinition[]): string {
  const sections = Object.entries(GROUPS).flatMap(([category, title]) => {
    const members = definitions.filter((definition) => (definition.category ?? 'other') === category);
    return members.length === 0 ? [] : [`## ${title}\n\n${table(members)}`];
  });
  const states = ['usable', 'restricted', 'shut'].map(
    (state) =>
      `${definitions.filter((definition) => (definition.status?.state ?? 'usable') === state).length} ${state}`,
  );
  return `# Providers

${definitions.length} definitions ship with Latchkey: ${states.join(', ')}. ${NOTE}

How to register at one, and how to add one of your own: [docs/providers.md](../providers.md). The format of a definition as JSON Schema:
[definition.schema.json](definition.schema.json).

*Checked* is when the definition was last compared with the service's documentation, and how sure we are of it. No definition was proven with real keys
unless its page says so.

${sections.join('\n\n')}
`;
}

function table(members: readonly ProviderDefinition[]): string {
  const rows = members.map((definition) => {
    const { id, name, protocol, signIn, confidence } = definition;
    const checked = confidence ? `${confidence.checked}, ${confidence.level}` : 'not stated';
    const use = signIn === false ? 'connect' : 'sign in, connect';
    const cells = [`[${name}](${id}.md)`, `\`${id}\``, PROTOCOLS[protocol], use, stateOf(definition), checked];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  return ['| provider | id | protocol | for | state | checked |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
