/** Lays rows out in columns. On a narrow terminal each row becomes a short paragraph instead of being cut. */
import type { Paint } from './style.js';
import { visibleLine } from './visible.js';

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  /** Numbers stand on the right. */
  readonly right?: boolean;
}

const GAP = '  ';

/** @param width columns of the terminal; undefined in a pipe, where nothing is folded */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, paint }: { width: number | undefined; paint: Paint },
): string {
  const cells = rows.map((row) => columns.map(({ of }) => visibleLine(of(row))));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => textWidth(line[index] ?? ''))),
  );
  const needed = widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  if (width !== undefined && needed > width) return paragraphs(cells, columns, paint);
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) => padded(text, widths[index] ?? 0, columns[index]?.right === true))
      .join(GAP)
      .trimEnd();
  const head = paint('bold', line(columns.map(({ title }) => title)));
  return [head, ...cells.map(line)].join('\n');
}

function paragraphs<Row>(cells: readonly string[][], columns: readonly Column<Row>[], paint: Paint): string {
  const titles = Math.max(...columns.map(({ title }) => title.length));
  return cells
    .map((line) =>
      line
        .flatMap((text, index) =>
          text === '' ? [] : [`${paint('bold', (columns[index]?.title ?? '').padEnd(titles))}${GAP}${text}`],
        )
        .join('\n'),
    )
    .join('\n\n');
}

function padded(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return right ? space + text : text + space;
}

/** In cells of the terminal: ideographs and emoji take two, marks none. */
function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) continue;
    width += /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}/u.test(
      character,
    )
      ? 2
      : 1;
  }
  return width;
}
