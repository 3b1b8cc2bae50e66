/* Dates and times are the clinic's wall clock. To keep this browser's time zone out, parse and format them as UTC. */

const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });

/** Format `2026-03-02` as `Monday 2 March`. */
export const longDay = (date: string) => DAY.format(new Date(`${date}T00:00Z`));

/** Format `09:30:00` as `09:30`. */
export const shortTime = (time: string) => time.slice(0, 5);

export function addDays(date: string, days: number) {
  const moved = new Date(`${date}T00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}
