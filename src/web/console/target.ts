/**
 * Where a call of the console may go: below the addresses of the provider's definition and nowhere else. The person chooses one of them and
 * writes a path, which has to be in its final form already, so that what is checked here is byte for byte what is signed and sent
 * (sec-J1, sec-J2).
 */
import { hostRootOf, type Provider } from '../../providers/index.js';

/** Why an address is not called. */
export type TargetProblem = 'base' | 'path' | 'path_form' | 'path_leaves' | 'query_reserved' | 'too_long';

export type Target = { readonly address: string } | { readonly problem: TargetProblem };

const MAX_PATH = 2_000;
/** How often a path may have been encoded on its way to whoever finally decodes it. */
const MAX_DECODINGS = 4;

/**
 * The addresses that paths are taken relative to: the API's own bases first, then the roots of its further hosts and profile calls.
 * Those that wait for the person's host stay templates; the first one is filled in when the call is made.
 */
export function basesOf({ definition, sandbox }: Provider): readonly string[] {
  const bases = definition.api.baseUrls.map(withoutSlash);
  const further = [
    ...(definition.api.hosts ?? []),
    definition.profile.url,
    ...(definition.profile.more ?? []).map(({ url }) => url),
  ];
  for (const url of further) {
    if (url === undefined || bases.some((base) => isBelow(base, url))) continue;
    const root = hostRootOf(url, sandbox);
    if (root !== undefined && !bases.includes(root)) bases.push(root);
  }
  // A template names no host; only the connection knows what to put in its place, and fills in the first.
  return bases.filter((base, index) => index === 0 || !base.includes('{'));
}

/** @param url an address of the definition @returns its base and the path below it */
export function placeOf(bases: readonly string[], url: string): { base: number; path: string } | undefined {
  const base = bases.findIndex((candidate) => isBelow(candidate, url));
  if (base < 0) return undefined;
  return { base, path: url.slice(bases[base]?.length).replace(/^(?=\?|$)/, '/') };
}

/**
 * @param base number of the chosen base, as the form has it
 * @param path what the person wrote: a path, perhaps with a query
 * @returns for the first base the path itself, which the connection's client puts behind its base; an absolute address for the others
 */
export function targetOf(bases: readonly string[], base: string, path: string): Target {
  const chosen = /^\d{1,2}$/.test(base) ? bases[Number(base)] : undefined;
  if (chosen === undefined) return { problem: 'base' };
  if (path.length > MAX_PATH) return { problem: 'too_long' };
  if (!/^\/(?!\/)/.test(path)) return { problem: 'path' };
  // The parser would change anything else: dot segments, backslashes, white space, a fragment.
  const standIn = 'https://base.invalid/base';
  const whole = `${standIn}${path}`;
  if (!URL.canParse(whole) || new URL(whole).href !== whole || path.includes('#')) return { problem: 'path_form' };
  const [pathname = '', ...rest] = path.split('?');
  if (leaves(pathname)) return { problem: 'path_leaves' };
  if (isReserved(rest.join('?'))) return { problem: 'query_reserved' };
  return { address: base === '0' ? path : `${chosen}${path}` };
}

/** Whether any server on the way could read it as a path upwards, or as the end of a path. */
function leaves(pathname: string): boolean {
  let decoded = pathname;
  for (let times = 0; times < MAX_DECODINGS; times++) {
    if (/[\p{Cc}\\]/u.test(decoded) || decoded.split('/').some((part) => /^\.\.?(?:;|$)/.test(part))) return true;
    let next: string;
    try {
      next = decodeURIComponent(decoded);
    } catch {
      // No UTF-8, or a percent sign of its own, which is in the text and not in the way it is written.
      return times === 0;
    }
    if (next === decoded) return false;
    decoded = next;
  }
  return true;
}

/** Parameters that carry credentials: they are ours to add (sec-J9). */
function isReserved(query: string): boolean {
  const names = [...new URLSearchParams(query).keys()].map((name) => name.toLowerCase());
  return names.some((name) => isCredentialName(name));
}

/** @param name in lower case */
export function isCredentialName(name: string): boolean {
  return /^x?oauth_|^(?:access|refresh|bearer|id)_?token$|^client_secret$/.test(name.replace(/\[.*$/, '').trim());
}

function isBelow(base: string, url: string): boolean {
  return url.startsWith(base) && /^(?:$|[/?])/.test(url.slice(base.length));
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
