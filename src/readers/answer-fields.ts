/** The kinds of fields that providers' answers are made of, as schemas that take nothing larger, longer or stranger than people can have. */
import { z } from 'zod';
import { cleanText } from '../connections/index.js';

/** More is not read, whatever was asked for. */
const MOST_ENTRIES = 200;
const SHORT_TEXT = 100;
const LONG_TEXT = 1_000;

/** A list whose entries are judged one by one: one that is strange is left out and spoils nothing. */
export function entries<T>(schema: z.ZodType<T>) {
  return z.array(z.unknown()).transform((list) =>
    list.slice(0, MOST_ENTRIES).flatMap((entry) => {
      const result = schema.safeParse(entry);
      return result.success ? [result.data] : [];
    }),
  );
}

/** A count or a measure; protocol-buffer JSON and Fitbit write numbers as texts. */
export const amount = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ])
  .pipe(z.number().min(0).max(1_000_000_000));

/** A day that exists. */
export const day = z.iso.date();

/** A moment with its offset, RFC 3339. */
export const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** Cleaned of what could disguise it, in one line and cut; empty is missing. */
export const shortText = textOf(SHORT_TEXT);
export const longText = textOf(LONG_TEXT);

function textOf(length: number) {
  return z.string().transform((text, context) => {
    const clean = cleanText(text.slice(0, 20 * length).replace(/\s+/g, ' '), length);
    if (clean === undefined) context.addIssue({ code: 'custom', message: 'is empty' });
    return clean ?? z.NEVER;
  });
}
