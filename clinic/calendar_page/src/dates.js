/**
 * Dates as texts (2026-03-02) and times as minutes since midnight, on the clinic's wall clock.
 *
 * Computed in UTC: in the browser's own zone some times of some days do not exist.
 */

const DAY = 86_400_000;

export const parse = (date) => new Date(`${date}T00:00Z`);
export const format = (instant) => instant.toISOString().slice(0, 10);
export const addDays = (date, days) => format(new Date(parse(date).getTime() + days * DAY));
export const weekday = (date) => (parse(date).getUTCDay() + 6) % 7; // Monday is 0
export const monday = (date) => addDays(date, -weekday(date));
export const daysFrom = (date, count) => Array.from({ length: count }, (_, index) => addDays(date, index));

export function addMonths(date, months) {
  const first = parse(`${date.slice(0, 8)}01`);
  first.setUTCMonth(first.getUTCMonth() + months);
  return format(first);
}

export const minuteOf = (start) => Number(start.slice(11, 13)) * 60 + Number(start.slice(14, 16));

const two = (number) => String(number).padStart(2, "0");
export const timeOf = (minute) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

/** The moment `minute` minutes after midnight, which can be on the day before or after. */
export function momentOf(date, minute) {
  return new Date(parse(date).getTime() + minute * 60_000).toISOString().slice(0, 19);
}

/** The text of a moment that the calendar library has as a date of the browser's zone. */
export function localText(date) {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function inWords(date, options, language) {
  return new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options }).format(parse(date));
}
