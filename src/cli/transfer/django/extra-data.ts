/** `extra_data` of django-allauth and python-social-auth: a JSON field by now, JSON in a text column before, and for a while JSON of JSON. */
import { parseJson, valueAt } from '../../../oauth2/index.js';

export type ExtraData = Readonly<Record<string, unknown>>;

/** @returns an empty object for an empty field; undefined when there is something that cannot be read */
export function readExtraData(value: unknown): ExtraData | undefined {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object') return Array.isArray(value) ? undefined : (value as ExtraData);
  if (typeof value !== 'string') return undefined;
  if (value.trim() === '') return {};
  try {
    return readExtraData(parseJson(value));
  } catch {
    return undefined;
  }
}

const NAMES = ['name', 'fullName', 'user.fullName', 'data.name'];
const USER_NAMES = [
  'screen_name',
  'login',
  'username',
  'access_token.screen_name',
  'user.displayName',
  'data.username',
];
const PICTURES = ['picture', 'avatar_url', 'profile_image_url_https', 'user.avatar150', 'data.profile_image_url'];

/** What to show of an account: allauth keeps the provider's profile answer, python-social-auth a few fields of it. */
export function factsIn(extra: ExtraData): { name?: string; username?: string; picture?: string } {
  const first = (paths: readonly string[]) =>
    paths
      .map((path) => valueAt(extra, path))
      .find((value): value is string => typeof value === 'string' && value !== '');
  const [name, username, picture] = [first(NAMES), first(USER_NAMES), first(PICTURES)];
  return { ...(name ? { name } : {}), ...(username ? { username } : {}), ...(picture ? { picture } : {}) };
}

/** RFC 6749 section 3.3 separates scopes by spaces; some providers by commas. */
export function scopesIn(value: unknown): readonly string[] | undefined {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[\s,]+/) : [];
  const scopes = list.filter((scope): scope is string => typeof scope === 'string' && scope !== '');
  return scopes.length > 0 ? scopes : undefined;
}
