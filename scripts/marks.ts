/**
 * Writes views/assets/marks: the marks of the catalogue's providers as small pictures, from the simple-icons collection (CC0 1.0): `npx tsx
 * scripts/marks.ts`. Run it after a definition was added; a test says so when it was forgotten.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as simpleIcons from 'simple-icons';
import { builtInDefinitions } from '../src/providers/index.js';

export const MARKS_DIRECTORY = fileURLToPath(new URL('../views/assets/marks', import.meta.url));

const NOTE = 'Icon from simple-icons (CC0 1.0). The mark belongs to its owner and only names the provider here.';
/** A mark is white on its own colour, or dark where that colour is light. */
const LIGHT_FROM = 0.6;

/** @returns the pictures' contents by file name */
export function markFiles(): ReadonlyMap<string, string> {
  const icons = new Map(Object.values(simpleIcons).flatMap((icon) => ('slug' in icon ? [[icon.slug, icon]] : [])));
  const slugs = new Set(builtInDefinitions.map(({ id, mark }) => mark ?? id));
  const files = new Map<string, string>();
  for (const slug of [...slugs].sort()) {
    const icon = icons.get(slug);
    if (icon) files.set(`${slug}.svg`, picture(icon));
  }
  return files;
}

function picture({ title, hex, path }: { title: string; hex: string; path: string }): string {
  const ink = luminance(hex) > LIGHT_FROM ? '#16201c' : '#fff';
  // The glyph fills 24 units; the tile leaves a margin around it. Its thin rim keeps black tiles visible on a dark page.
  return `<!-- ${NOTE} -->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><title>${title}</title><rect x=".5" y=".5" width="39" height="39" rx="9" fill="#${hex}" stroke="#808080" stroke-opacity=".35"/><path fill="${ink}" transform="translate(9.2 9.2) scale(.9)" d="${path}"/></svg>
`;
}

/** Relative luminance (WCAG 2.2) of a colour such as `1DA1F2`. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  mkdirSync(MARKS_DIRECTORY, { recursive: true });
  const files = markFiles();
  for (const file of readdirSync(MARKS_DIRECTORY)) if (!files.has(file)) rmSync(join(MARKS_DIRECTORY, file));
  for (const [file, content] of files) writeFileSync(join(MARKS_DIRECTORY, file), content);
  console.log(`${files.size} marks in ${MARKS_DIRECTORY}`);
}
