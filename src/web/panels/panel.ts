/** A panel: one thing of a person's that a connection page shows, in one of the states that it can be in. */
import type { Provider, ProviderDefinition } from '../../providers/index.js';
import { type NamedReader, type ReadingKind, readerNamed } from '../../readers/index.js';
import type { ShownReading } from './shown-reading.js';

export type PanelState =
  /** Not asked yet, or the provider was too slow for the page: the script asks, or a link does. */
  | { readonly state: 'waiting' }
  /** The call costs money and is made when the person asks for it. */
  | { readonly state: 'billed'; readonly cost: string }
  | { readonly state: 'shown'; readonly shown: ShownReading }
  /** @param span the days that were asked for */
  | { readonly state: 'empty'; readonly span: string }
  | { readonly state: 'not_permitted'; readonly canAllow: boolean }
  /** It was allowed, or nothing has to be, and the provider keeps it back all the same. */
  | { readonly state: 'refused' }
  | { readonly state: 'rate_limited'; readonly retryAt: string | undefined }
  | { readonly state: 'unavailable' }
  | { readonly state: 'unreadable' };

export interface Panel {
  readonly id: string;
  readonly kind: ReadingKind;
  readonly state: PanelState;
}

/** One entry of a definition's `readings` with the reader that it names. */
export interface Readable {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly reader: NamedReader;
}

/** What can be read at a provider by the readers of this version, in the definition's order. */
export function readablesOf({ readings = [] }: ProviderDefinition): readonly Readable[] {
  return readings.flatMap(({ id, reader: name, scopes = [] }) => {
    const reader = readerNamed(name);
    return reader ? [{ id, scopes, reader }] : [];
  });
}

/** How a panel stands before anybody has asked the provider. @param granted the connection's scopes */
export function unread(provider: Provider, readable: Readable, granted: readonly string[]): Panel {
  return { id: readable.id, kind: readable.reader.kind, state: stateBefore(provider, readable, granted) };
}

function stateBefore(provider: Provider, { scopes }: Readable, granted: readonly string[]): PanelState {
  // A connection without any scopes is at a provider that has none, or does not tell: then its answer says.
  if (granted.length > 0 && !allows(granted, scopes)) {
    return { state: 'not_permitted', canAllow: canAllow(provider) };
  }
  const { billed } = provider.definition.api;
  return billed === undefined ? { state: 'waiting' } : { state: 'billed', cost: billed };
}

/** What a refusal without a reason means: where the permission was given, it is not what is lacking. @param granted the connection's scopes */
export function afterRefusal(provider: Provider, { scopes }: Readable, granted: readonly string[]): PanelState {
  const nothingToAllow = scopes.length === 0 || allows(granted, scopes);
  return nothingToAllow ? { state: 'refused' } : { state: 'not_permitted', canAllow: canAllow(provider) };
}

function allows(granted: readonly string[], scopes: readonly string[]): boolean {
  return scopes.every((scope) => granted.includes(scope));
}

/** There is something to ask for, and somebody to ask: a host that the person named is asked by the start form, where they name it. */
export function canAllow({ definition }: Provider): boolean {
  return definition.protocol !== 'oauth1' && definition.instance === undefined;
}
