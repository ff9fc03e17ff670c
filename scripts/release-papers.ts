/**
 * `npm run release-papers`: what ships with a release beside the code. Writes `sbom.cdx.json` (CycloneDX, attached to the release, not kept in the
 * repository) and `THIRD-PARTY-NOTICES.md` (kept, and in the package): who holds the copyright of what is installed with Latchkey, and on which
 * terms. The licence texts that differ only in their copyright lines stand there once.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly author?: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
  readonly evidence?: { readonly licenses?: readonly { readonly license?: { readonly text?: LicenceText } }[] };
  readonly components?: readonly Component[];
}

interface LicenceText {
  readonly content: string;
  readonly encoding?: string;
}

const BOM_FILE = 'sbom.cdx.json';
const NOTICES_FILE = 'THIRD-PARTY-NOTICES.md';
const GENERATOR = '@cyclonedx/cyclonedx-npm@6.0.1';

const generate = ['--yes', GENERATOR, '--omit', 'dev', '--output-reproducible', '--gather-license-texts'];
execFileSync('npx', [...generate, '--mc-type', 'application', '--output-file', BOM_FILE], { stdio: ['ignore', 2, 2] });
const { components } = JSON.parse(readFileSync(BOM_FILE, 'utf8')) as { components: readonly Component[] };
const all = components.flatMap(withNested).sort((a, b) => title(a).localeCompare(title(b), 'en'));
writeFileSync(NOTICES_FILE, notices(all));
console.error(`${NOTICES_FILE} and ${BOM_FILE}: ${all.length} packages`);

function withNested(component: Component): Component[] {
  return [component, ...(component.components ?? []).flatMap(withNested)];
}

function notices(packages: readonly Component[]): string {
  const terms = new Map<string, { text: string; named: Map<string, string> }>();
  for (const component of packages) {
    const { holders, text } = licenceOf(component);
    const same = terms.get(wordsOf(text)) ?? { text, named: new Map<string, string>() };
    same.named.set(title(component), holders);
    terms.set(wordsOf(text), same);
  }
  const sections = [...terms.values()].map(({ text, named }) => {
    const lines = [...named].map(([name, holders]) => `* ${name}${holders ? `: ${holders}` : ''}`);
    return `${lines.join('\n')}\n\n${text ? `\`\`\`text\n${text}\n\`\`\`` : 'No licence text comes with these; the terms are as declared.'}`;
  });
  const intro =
    'What is installed together with Latchkey, its licences, and who holds the copyright. Written by `npm run release-papers`. The providers’ marks in `views/assets/marks` come from Simple Icons (CC0 1.0) and belong to their owners.';
  return `# Third-party notices\n\n${intro}\n\n${sections.join('\n\n---\n\n')}\n`;
}

function licenceOf(component: Component): { holders: string; text: string } {
  const files = (component.evidence?.licenses ?? []).flatMap(({ license }) =>
    license?.text ? [decoded(license.text)] : [],
  );
  const lines = [...new Set(files)].join('\n\n').split(/\r?\n/);
  const holders = lines.filter(isHolderLine).map((line) => line.replaceAll(/^[\s#*>-]+|\s+$/g, ''));
  const rest = lines.filter((line) => !isHolderLine(line)).map((line) => line.trim());
  const text = rest
    .join('\n')
    .replaceAll(/\n{2,}/g, '\n\n')
    .replaceAll('```', "'''")
    .trim();
  return { holders: [...new Set(holders)].join('; ') || (component.author ?? ''), text };
}

/** "Copyright (c) 2013 Somebody", not the sentences of a licence that speak of copyright. */
function isHolderLine(line: string): boolean {
  return /^[\s#*>-]*(?:Portions )?(?:copyright\s*(?:\(c\)|©|\d{4})|(?:\(c\)|©)\s*(?:copyright|\d{4}))/i.test(line);
}

/** What makes two texts the same terms: their words, without the heading that some leave out. */
function wordsOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/^\W*(?:the )?(?:mit|isc) license\W*(?:\(?mit\)?)?\W*/, '')
    .replaceAll(/all rights reserved\.?/g, '')
    .replaceAll(/\W+/g, ' ')
    .trim();
}

function decoded({ content, encoding }: LicenceText): string {
  return encoding === 'base64' ? Buffer.from(content, 'base64').toString('utf8') : content;
}

function title({ group, name, version, licenses = [] }: Component): string {
  const declared = licenses
    .map((entry) => entry.expression ?? entry.license?.id ?? entry.license?.name)
    .filter(Boolean);
  return `${group ? `${group}/` : ''}${name} ${version} (${declared.join(' and ') || 'no licence declared'})`;
}
