/**
 * The frame that the arrow keys move: over free times and appointments of the columns.
 *
 * It is one button, so that the tab key has one stop for the whole grid, and a screen reader reads what
 * is under it.
 */
import { page, text } from "./api.js";
import { inWords, minuteOf, timeOf } from "./dates.js";
import { ROW, stateOf, STEP, takesTime } from "./grid.js";

export class Cursor {
  constructor({ onOpen, onFree }) {
    Object.assign(this, { onOpen, onFree, columns: [], column: 0, minute: null });
    this.button = Object.assign(document.createElement("button"), { type: "button", className: "calendar-cursor" });
    this.button.addEventListener("click", () => this.enter());
  }

  /** Show the columns, each with a doctor, a date and its appointments; `hours` are the rows. */
  show(columns, { from, to }) {
    Object.assign(this, { columns, from, to });
    this.column = Math.min(this.column, Math.max(columns.length - 1, 0));
    this.minute = Math.min(Math.max(this.minute ?? from, from), to - STEP);
    this.place();
  }

  hide() {
    this.columns = [];
    this.button.remove();
  }

  /** The library replaces its elements when it draws another view. */
  place() {
    const events = document.querySelector("#calendar .ec-body .ec-events");
    if (!events || !this.columns.length) return;
    if (this.button.parentElement !== events) {
      const hadFocus = document.activeElement === this.button;
      events.append(this.button);
      if (hadFocus) this.button.focus({ preventScroll: true });
    }
    const appointment = this.appointment();
    const start = appointment ? minuteOf(appointment.start) : this.minute;
    const length = appointment ? appointment.minutes : STEP;
    Object.assign(this.button.style, {
      gridColumn: this.column + 1,
      insetBlockStart: `${((start - this.from) / STEP) * ROW}px`,
      blockSize: `${(length / STEP) * ROW}px`,
    });
    this.button.setAttribute("aria-label", this.label(appointment));
  }

  appointment(minute = this.minute) {
    const found = this.columns[this.column].appointments().filter(takesTime);
    return found.find(({ start, minutes }) => minuteOf(start) <= minute && minute < minuteOf(start) + minutes);
  }

  label(appointment) {
    const { date, doctor } = this.columns[this.column];
    const day = inWords(date, { weekday: "long", day: "numeric", month: "long" }, page.language);
    const what = appointment
      ? `${appointment.patient}, ${page.statuses[stateOf(appointment)].label}, ${text("minutes", appointment)}, ${appointment.type}`
      : text("free");
    return `${timeOf(appointment ? minuteOf(appointment.start) : this.minute)}, ${what}, ${doctor.name}, ${day}`;
  }

  move(key) {
    const appointment = this.appointment();
    const start = appointment ? minuteOf(appointment.start) : this.minute;
    const toRow = (minute) => Math.floor(minute / STEP) * STEP;
    if (key === "ArrowLeft") this.column = Math.max(this.column - 1, 0);
    if (key === "ArrowRight") this.column = Math.min(this.column + 1, this.columns.length - 1);
    if (key === "ArrowUp") this.minute = toRow(start - 1);
    if (key === "ArrowDown") this.minute = appointment ? start + appointment.minutes : this.minute + STEP;
    if (key === "Home") this.minute = this.from;
    if (key === "End") this.minute = this.to - STEP;
    this.minute = Math.min(Math.max(this.minute, this.from), this.to - STEP);
    this.place();
    this.button.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.button.focus({ preventScroll: true });
  }

  enter() {
    const appointment = this.appointment();
    const { date, doctor } = this.columns[this.column];
    if (appointment) this.onOpen(appointment.id);
    else this.onFree(`${date}T${timeOf(this.minute)}`, doctor.id);
  }
}
