/* Dates and times are the clinic's wall clock. To keep this browser's time zone out, parse and format them as UTC. */
import { createContext } from "react";

/** The clinic's IANA time zone, for instants: values of the type DateTime. */
export const TimeZone = createContext("UTC");

const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });

/** Format `2026-03-02` as `Monday 2 March`. */
export const longDay = (date: string) => DAY.format(new Date(`${date}T00:00Z`));

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

/** Format `2019-03-02` as `2 March 2019`. */
export const longDate = (date: string) => DATE.format(new Date(`${date}T00:00Z`));

/** Format `09:30:00` as `09:30`. */
export const shortTime = (time: string) => time.slice(0, 5);

/** Format an instant as `Monday 2 March, 09:00` on the clock of `timeZone`. */
export function longMoment(instant: string, timeZone: string) {
  const moment = new Date(instant);
  const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone });
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
  return `${day.format(moment)}, ${time.format(moment)}`;
}

/** Format minutes as `2 days`, `1 hour` or `90 minutes`, in the largest unit that divides them. */
export function duration(minutes: number) {
  const [size, unit] = ([[1440, "day"], [60, "hour"]] as const).find(([size]) => minutes % size === 0) ?? [1, "minute"];
  const count = minutes / size;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

export function addDays(date: string, days: number) {
  const moved = new Date(`${date}T00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}
