/**
 * The line of the current time. The library has one too, by the browser's clock and a fixed offset.
 */
import { now } from "./clock.js";
import { ROW, STEP } from "./grid.js";

const PERIOD = 15_000;

export class NowLine {
  constructor() {
    this.line = Object.assign(document.createElement("div"), { className: "calendar-now", ariaHidden: "true" });
    this.columns = [];
    setInterval(() => this.place(), PERIOD);
  }

  /** Show the columns, each with a date; `hours` are the rows. */
  show(columns, { from, to }) {
    Object.assign(this, { columns, from, to });
    this.place();
  }

  hide() {
    this.columns = [];
    this.line.remove();
  }

  /** The library replaces its elements when it draws another view. */
  place() {
    const { date, minute } = now();
    const first = this.columns.findIndex((column) => column.date === date);
    const events = document.querySelector("#calendar .ec-body .ec-events");
    if (!events || first < 0 || minute < this.from || minute > this.to) return this.line.remove();
    if (this.line.parentElement !== events) events.append(this.line);
    const days = this.columns.filter((column) => column.date === date).length;
    Object.assign(this.line.style, {
      gridColumn: `${first + 1} / span ${days}`,
      insetBlockStart: `${((minute - this.from) / STEP) * ROW}px`,
    });
  }
}
