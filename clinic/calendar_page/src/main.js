/** The calendar of the admin: loads the feeds, draws them, and connects the parts of the page. */
import "./page.css";
import { getJson, page, SignedOut, text } from "./api.js";
import { Booking } from "./booking.js";
import { now, today } from "./clock.js";
import { Cursor } from "./cursor.js";
import { addDays, daysFrom, inWords, minuteOf, monday, timeOf } from "./dates.js";
import { Grid, STEP } from "./grid.js";
import { Live } from "./live.js";
import { NowLine } from "./now_line.js";
import { Panel } from "./panel.js";
import { Toolbar } from "./toolbar.js";

const MONTH_DAYS = 42;

class Calendar {
  constructor() {
    this.appointments = new Map();
    this.unavailable = [];
    this.toolbar = new Toolbar({ onChange: () => this.load() });
    this.panel = new Panel({ onChanged: (id) => this.refresh([id]), onFailed: (message) => this.say(message) });
    this.booking = new Booking({ onBooked: (id) => this.refresh([id]) });
    const open = (id) => this.panel.open(id);
    const book = (start, doctor) => page.can.book && this.booking.open(start, doctor ?? this.toolbar.doctor);
    this.nowLine = new NowLine();
    this.cursor = new Cursor({ onOpen: open, onFree: book });
    this.grid = new Grid(document.getElementById("calendar"), {
      onOpen: open,
      onFree: book,
      onDrop: (...dropped) => this.drop(...dropped),
      onDay: (date) => this.toolbar.set({ view: "day", date }),
      onDrawn: () => {
        this.cursor.place();
        this.nowLine.place();
      },
    });
    this.live = new Live({
      query: () => ({ ...this.period(), ...(this.toolbar.view === "month" ? {} : { availability: 1 }) }),
      onChanges: (ids) => this.refresh(ids),
      onReload: () => this.load(),
    });
    document.getElementById("calendar-book")?.addEventListener("click", () => this.bookNext());
    document.addEventListener("keydown", (event) => this.onKey(event));
    this.load();
  }

  /** The dates and doctors on the page, as the parameters of the feeds. */
  period() {
    const { view, date } = this.toolbar;
    const start = { day: date, week: monday(date), month: monday(`${date.slice(0, 8)}01`) }[view];
    const days = { day: 1, week: 7, month: MONTH_DAYS }[view];
    const doctors = this.toolbar.doctors().map(({ id }) => id).join(",");
    const cancelled = view !== "month" && this.toolbar.showsCancelled ? { cancelled: 1 } : {};
    return { first: start, last: addDays(start, days - 1), doctors, ...cancelled };
  }

  async load() {
    const { view, date } = this.toolbar;
    const period = this.period();
    const isCurrent = () => JSON.stringify(period) === JSON.stringify(this.period()) && view === this.toolbar.view;
    this.showTitle(period);
    try {
      const feed = await getJson(view === "month" ? "month" : "feed", period);
      if (!isCurrent()) return; // the answer to a page that was left meanwhile
      if (view === "month") this.drawMonth(date, period, feed);
      else this.showFeed(feed);
      this.live.start(feed);
      document.getElementById("calendar").dataset.loaded = `${view} ${date}`;
    } catch (error) {
      this.live.report(error);
      if (!(error instanceof SignedOut)) this.live.schedule(1_000);
    }
  }

  showFeed({ appointments, unavailable }) {
    this.appointments = new Map(appointments.map((appointment) => [appointment.id, appointment]));
    this.unavailable = unavailable;
    this.draw();
  }

  draw() {
    const { view, date } = this.toolbar;
    const all = [...this.appointments.values()];
    this.columns = this.columnsOf(all);
    const doctors = view === "day" ? this.columns.map(({ doctor }) => doctor) : this.toolbar.doctors();
    document.getElementById("calendar-empty").hidden = doctors.length > 0;
    this.toolbar.showCount(doctors.length);
    const hours = this.grid.drawTimes({ view, date, doctors, appointments: all, unavailable: this.unavailable });
    this.cursor.show(this.columns, hours);
    this.nowLine.show(this.columns, hours);
  }

  /** The columns of the grid: the doctors of a day, or the days of a week. */
  columnsOf(all) {
    const { view, date } = this.toolbar;
    const at = (doctor, day) => () =>
      [...this.appointments.values()].filter((row) => row.doctor === doctor.id && row.start.startsWith(day));
    if (view === "week") {
      const [doctor] = this.toolbar.doctors();
      return doctor ? daysFrom(monday(date), 7).map((day) => ({ doctor, date: day, appointments: at(doctor, day) })) : [];
    }
    const busy = new Set(all.map(({ doctor }) => doctor));
    const away = new Set(this.unavailable.filter(({ start, end }) => start === 0 && end === 24 * 60).map(({ doctor }) => doctor));
    const shown = this.toolbar.doctors().filter(({ id }) => !this.toolbar.onlyAtWork || busy.has(id) || !away.has(id));
    return shown.map((doctor) => ({ doctor, date, appointments: at(doctor, date) }));
  }

  drawMonth(date, { first }, { days, closures }) {
    const counted = new Map(days.map((day) => [day.date, day]));
    this.cursor.hide();
    this.nowLine.hide();
    document.getElementById("calendar-empty").hidden = true;
    this.toolbar.showCount(this.toolbar.doctors().length);
    this.grid.drawMonth({
      date,
      days: daysFrom(first, MONTH_DAYS).map((day) => ({ date: day, appointments: 0, pending: 0, ...counted.get(day), closure: closures[day] })),
    });
  }

  /** Load these appointments again: those that are left out of the answer are not in the period. */
  async refresh(ids) {
    if (this.toolbar.view === "month") return this.load();
    const period = this.period();
    let answer;
    try {
      answer = await getJson("feed", { ...period, ids: ids.join(",") });
    } catch (error) {
      // The server does not report these changes again. After a lost connection everything is loaded.
      this.live.report(error);
      return;
    }
    if (JSON.stringify(period) !== JSON.stringify(this.period())) return;
    const found = new Map(answer.appointments.map((appointment) => [appointment.id, appointment]));
    for (const id of ids) {
      if (found.has(id)) this.appointments.set(id, found.get(id));
      else this.appointments.delete(id);
    }
    if (this.needsNewColumns()) return this.draw();
    for (const id of ids) {
      if (found.has(id)) this.grid.update(found.get(id));
      else this.grid.remove(id);
    }
    this.cursor.place();
    this.say(text("updated"));
  }

  /** Whether a doctor without a column has got an appointment, or one is outside of the rows. */
  needsNewColumns() {
    const columns = this.columnsOf([...this.appointments.values()]);
    const names = (list) => list.map(({ doctor, date }) => `${doctor.id} ${date}`).join();
    const { from, to } = this.cursor;
    const isOutside = ({ start, minutes }) => minuteOf(start) < from || minuteOf(start) + minutes > to;
    return names(columns) !== names(this.columns) || [...this.appointments.values()].some(isOutside);
  }

  /** Ask before a dragged appointment is saved. */
  drop(appointment, start, doctor, revert) {
    const { id, patient } = appointment;
    const name = (pk) => page.doctors.find((row) => row.id === pk)?.name ?? "";
    this.panel.move(
      {
        appointment: id,
        patient,
        date: start.slice(0, 10),
        time: timeOf(minuteOf(start)),
        doctor: (page.can.reassign && doctor) || appointment.doctor,
        seen: `${appointment.doctor} ${appointment.start}`,
        from: `${appointment.start.slice(0, 16).replace("T", " ")}, ${name(appointment.doctor)}`,
      },
      revert,
    );
  }

  bookNext() {
    const { column, columns, minute } = this.cursor;
    const at = columns[column];
    const date = at?.date ?? this.toolbar.date;
    const current = now();
    // Not a time that has passed.
    const earliest = date === current.date ? Math.min(Math.ceil(current.minute / STEP) * STEP, 24 * 60 - STEP) : 0;
    this.booking.open(`${date}T${timeOf(Math.max(minute ?? 9 * 60, earliest))}`, at?.doctor.id ?? this.toolbar.doctor);
  }

  showTitle({ first, last }) {
    const { view, date } = this.toolbar;
    const day = (value) => inWords(value, { weekday: "short", day: "numeric", month: "short" }, page.language);
    document.getElementById("calendar-title").textContent = {
      day: inWords(date, { dateStyle: "full" }, page.language),
      week: `${day(first)} – ${day(last)}`,
      month: inWords(date, { month: "long", year: "numeric" }, page.language),
    }[view];
  }

  say(message) {
    document.getElementById("calendar-said").textContent = message;
  }

  onKey(event) {
    const isTyping = event.target.closest("input, select, textarea, dialog, summary");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "PageUp" || event.key === "PageDown") this.toolbar.step(event.key === "PageUp" ? -1 : 1);
    else if (event.key.toLowerCase() === "t") this.toolbar.set({ date: today() });
    else if (/^(Arrow|Home|End)/.test(event.key)) this.moveFrame(event.key);
    else return;
    event.preventDefault();
  }

  moveFrame(key) {
    if (this.toolbar.view !== "month") {
      if (this.columns?.length) this.cursor.move(key);
      return;
    }
    const days = [...document.querySelectorAll("#calendar [data-date]")].sort((a, b) => (a.dataset.date < b.dataset.date ? -1 : 1));
    const from = days.findIndex((day) => day === document.activeElement);
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, Home: -days.length, End: days.length };
    days[Math.min(Math.max(from < 0 ? 0 : from + steps[key], 0), days.length - 1)]?.focus();
  }
}

new Calendar();
