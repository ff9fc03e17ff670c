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

test('every text is used by a view or by a route', () => {
  const used = new Set(views.flatMap(([, view]) => wordsOf(view)));
  const sources = files(join(root, 'src/web'), '.ts')
    .filter(([file]) => !file.startsWith('texts/'))
    .map(([, source]) => source)
    .join('\n');
  const readBySource = (word: string) => {
    const [area, key] = word.split('.');
    return new RegExp(`pageTexts\\.${area}\\.${key}\\b|\\{[^{}]*\\b${key}\\b[^{}]*\\} = pageTexts\\.${area};`).test(
      sources,
    );
  };
  const left = known.filter((word) => !used.has(word) && !readBySource(word));
  expect(left).toEqual([]);
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
