/** The providers' marks: a picture of our own assets where there is one, the first letter of the name otherwise. */
import { readdirSync } from 'node:fs';
import type { ProviderDefinition } from '../providers/index.js';

export interface Mark {
  /** Path below the site's own, such as `/assets/marks/github.svg`. */
  readonly src: string | undefined;
  readonly letter: string;
}

/**
 * @param directory where the pictures lie; `scripts/marks.ts` makes them
 * @returns the mark of a definition by its id, and of ids that nobody knows any more
 */
export function createMarks(directory: string, definitions: readonly ProviderDefinition[]): (id: string) => Mark {
  const pictures = new Set(readdirSync(directory).filter((file) => file.endsWith('.svg')));
  const marks = new Map(
    definitions.map((definition): [string, Mark] => {
      const file = `${definition.mark ?? definition.id}.svg`;
      const src = pictures.has(file) ? `/assets/marks/${file}` : undefined;
      return [definition.id, { src, letter: firstLetter(definition.name) }];
    }),
  );
  return (id) => marks.get(id) ?? { src: undefined, letter: firstLetter(id) };
}

function firstLetter(name: string): string {
  return ([...name][0] ?? '?').toUpperCase();
}
