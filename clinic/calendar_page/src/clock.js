/**
 * The current date and time on the clinic's wall clock.
 *
 * The offset of the clinic's zone is computed each time: it changes while a page is open.
 */
import { page, serverNow } from "./api.js";

const wallClock = new Intl.DateTimeFormat("en", {
  timeZone: page.zone,
  hourCycle: "h23",
  ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" },
});

/** The date, and the minutes since midnight. */
export function now() {
  const parts = wallClock.formatToParts(serverNow());
  const { year, month, day, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return { date: `${year}-${month}-${day}`, minute: Number(hour) * 60 + Number(minute) };
}

export const today = () => now().date;
