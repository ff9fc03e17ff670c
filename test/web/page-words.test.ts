/** The words of the pages and the views that use them agree: no view asks for words that are not there, and no words are left over. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageTexts } from '../../src/web/texts.js';
import { VIEWS_DIRECTORY } from '../../src/web/views.js';

const root = join(import.meta.dirname, '../..');

function files(directory: string, ending: string): readonly (readonly [string, string])[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => [file, readFileSync(join(directory, file), 'utf8')] as const);
}

/** `area.key` of every text that a view reads, by way of `const t = it.texts.area` or in full. */
function wordsOf(view: string): readonly string[] {
  const area = /const t = it\.texts\.(\w+)/.exec(view)?.[1];
  const short = area ? [...view.matchAll(/\bt\.(\w+)/g)].map(([, key]) => `${area}.${key}`) : [];
  const full = [...view.matchAll(/it\.texts\.(\w+)\.(\w+)/g)].map(([, name, key]) => `${name}.${key}`);
  return [...short, ...full];
}

const views = files(VIEWS_DIRECTORY, '.eta');
const known = Object.entries(pageTexts).flatMap(([area, texts]) => Object.keys(texts).map((key) => `${area}.${key}`));

test.each(views)('%s asks only for words that are there', (_name, view) => {
  expect(wordsOf(view).filter((word) => !known.includes(word))).toEqual([]);
});

/** The texts of each page as their file exports them, and the area under which the views find them. */
const areas = new Map(
  [...readFileSync(join(root, 'src/web/texts/pages.ts'), 'utf8').matchAll(/^ {2}(\w+): (\w+Texts),$/gm)].map(
    ([, area = '', exported = '']) => [exported, area],
  ),
);

/** `area.key` of every text that a source reads: by way of `pageTexts`, or of the texts of one page under a name of its own. */
function wordsOfSource(source: string): readonly string[] {
  const straight = [...source.matchAll(/pageTexts\.(\w+)\.(\w+)/g)].map(([, area, key]) => `${area}.${key}`);
  const taken = [...source.matchAll(/\{([^{}]*)\} = pageTexts\.(\w+);/g)].flatMap(([, keys = '', area]) =>
    keys.split(',').map((key) => `${area}.${key.trim()}`),
  );
  const own = [...source.matchAll(/import \{ (\w+Texts)(?: as (\w+))? \} from '[./]*texts\/pages\/[\w-]+\.js'/g)];
  const named = own.flatMap(([, exported = '', name = exported]) =>
    [...source.matchAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g'))].map(([, key]) => `${areas.get(exported)}.${key}`),
  );
  return [...straight, ...taken, ...named];
}

test('every text is used by a view or by a source', () => {
  const sources = files(join(root, 'src/web'), '.ts').filter(([file]) => !file.startsWith('texts/'));
  const used = new Set([
    ...views.flatMap(([, view]) => wordsOf(view)),
    ...sources.flatMap(([, source]) => wordsOfSource(source)),
  ]);
  expect(known.filter((word) => !used.has(word))).toEqual([]);
});

test('what people read stands in the texts, not in the views', () => {
  const written = views.map(([name, view]) => {
    const text = view
      .replace(/<%[\s\S]*?%>/g, ' ')
      .replace(/<[^>]*>/g, ' ')
      .replace(/&\w+;/g, ' ');
    // The site's own name is no word of a language.
    return [name, text.match(/\p{L}{2,}/gu)?.filter((word) => word !== 'Latchkey') ?? []];
  });
  expect(written.filter(([, words]) => (words?.length ?? 0) > 0)).toEqual([]);
});
