/** One row of a Django database as `manage.py dumpdata` writes it, or as a CSV export of its table gives it. */

export interface DumpRecord {
  /** Lower case, `socialaccount.socialtoken`; for CSV the table's likely model. */
  readonly model: string;
  /** Undefined in dumps made with `--natural-primary`. */
  readonly pk: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  /** What a report calls it, without any of its values. */
  readonly place: string;
}

/** The model's name without its app, which every project calls otherwise. */
export function modelName({ model }: DumpRecord): string {
  return model.slice(model.lastIndexOf('.') + 1);
}

/** @returns the text of a field, trimmed; undefined when it is empty, null or no text */
export function textOf(fields: Readonly<Record<string, unknown>>, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return undefined;
}

/**
 * A foreign key: a number, a UUID, or with `--natural-foreign` a list such as `["alice"]`. CSV columns are called `user_id`.
 * @returns comparable text; undefined when the field is null
 */
export function referenceOf(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  if (Array.isArray(value)) return naturalKey(...value.map(String));
  return textOf(fields, name, `${name}_id`);
}

export function naturalKey(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** Django writes ISO 8601, databases write it with a space; a time without a zone is UTC, as in Django's own default. */
export function dateOf(fields: Readonly<Record<string, unknown>>, ...names: readonly string[]): Date | undefined {
  const text = textOf(fields, ...names);
  if (text === undefined) return undefined;
  const iso = text.replace(/^(\d{4}-\d\d-\d\d) /, '$1T').replace(/([+-]\d\d)$/, '$1:00');
  const date = new Date(/T[\d:.]+$/.test(iso) ? `${iso}Z` : iso);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** @returns false for what databases and Django write for it; true for everything else, because it is the usual state */
export function isTrue(fields: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = fields[name];
  return !(value === false || value === 0 || (typeof value === 'string' && /^(f|false|0|n|no)$/i.test(value.trim())));
}
