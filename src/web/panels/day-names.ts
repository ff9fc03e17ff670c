/** Civil days as people read them. They belong to no time zone, so none may move them. */
import type { Day, DayRange } from '../../readers/index.js';
import { panelTexts } from '../texts/pages/panels.js';

const longNames = named({ weekday: 'short', day: 'numeric', month: 'short' });
const shortNames = named({ day: 'numeric', month: 'short' });

export const dayNames = {
  /** `Tue 18 Nov` */
  long: (day: Day) => longNames.format(at(day)).replace(',', ''),
  /** `18` */
  number: (day: Day) => String(Number(day.slice(8))),
  /** `8 Nov to 21 Nov` */
  span: ({ first, last }: DayRange) => panelTexts.span(shortNames.format(at(first)), shortNames.format(at(last))),
};

function named(parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...parts });
}

function at(day: Day): Date {
  return new Date(`${day}T00:00:00Z`);
}
