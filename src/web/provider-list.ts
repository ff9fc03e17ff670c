/**
 * Providers as a page offers them: a few of them stand out, and when there are many the others follow in groups that can be searched. Each
 * provider appears once, so that a button is never ambiguous.
 */
import type { Provider } from '../providers/index.js';
import { pageTexts } from './texts.js';

/** Up to this many are simply shown. */
const FEW = 12;
/** How many stand out when there are more and no definition says so: the first ones in the order of the catalogue. */
const FEATURED = 6;
const MAX_SEARCH = 60;

export interface ProviderGroup {
  readonly heading: string;
  readonly providers: readonly Provider[];
}

export interface ProviderList {
  /** What the person searches for; empty when they do not. */
  readonly find: string;
  readonly many: boolean;
  readonly featured: readonly Provider[];
  readonly groups: readonly ProviderGroup[];
}

/** @param search what the search field of the page holds, from outside */
export function providerList(providers: readonly Provider[], search: string | null): ProviderList {
  const find = (search ?? '')
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, MAX_SEARCH);
  const many = providers.length > FEW;
  if (many && find !== '') {
    return { find, many, featured: providers.filter((provider) => fits(provider, find)), groups: [] };
  }
  const open = providers.filter((provider) => !isOutdated(provider));
  const featured = many ? standingOut(open) : open;
  const rest = providers.filter((provider) => !featured.includes(provider));
  // A few outdated ones can say of what they are an earlier generation.
  const headed = many ? headingOf : (provider: Provider) => provider.definition.earlier ?? earlierGroup;
  return { find: '', many, featured, groups: grouped(rest, headed) };
}

function standingOut(open: readonly Provider[]): readonly Provider[] {
  const chosen = open.filter(({ definition }) => definition.featured);
  return chosen.length > 0 ? chosen : open.slice(0, FEATURED);
}

function fits(provider: Provider, find: string): boolean {
  const text = searchText(provider);
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** What a provider is found by, in lower case; the page's script searches the same text. */
export function searchText(provider: Provider): string {
  return `${provider.id} ${provider.name} ${provider.signInLabel} ${headingOf(provider)}`.toLowerCase();
}

function isOutdated({ definition }: Provider): boolean {
  return definition.earlier !== undefined || definition.status?.state === 'shut';
}

const { groups, otherGroup, earlierGroup } = pageTexts.providers;

function headingOf(provider: Provider): string {
  const { category } = provider.definition;
  if (isOutdated(provider)) return earlierGroup;
  return category ? groups[category] : otherGroup;
}

/** In the order of the categories, then what has none, then what is outdated. */
function grouped(providers: readonly Provider[], headed: (provider: Provider) => string): readonly ProviderGroup[] {
  const byHeading = new Map<string, Provider[]>();
  for (const provider of providers) {
    const heading = headed(provider);
    byHeading.set(heading, [...(byHeading.get(heading) ?? []), provider]);
  }
  const order: readonly string[] = [...Object.values(groups), otherGroup];
  const rank = (heading: string) => (order.includes(heading) ? order.indexOf(heading) : order.length);
  return [...byHeading]
    .map(([heading, members]) => ({ heading, providers: members }))
    .sort((a, b) => rank(a.heading) - rank(b.heading));
}
