/** The grid of the calendar library, filled with what the feeds answer. */
import { createCalendar, DayGrid, Interaction, ResourceTimeGrid, TimeGrid } from "@event-calendar/core";
import "@event-calendar/core/index.css";
import { page, text } from "./api.js";
import { today } from "./clock.js";
import { addDays, localText, minuteOf, momentOf, timeOf } from "./dates.js";

export const STEP = 15; // minutes of a row
export const ROW = 20; // pixels of a row
const DEFAULT_HOURS = [8 * 60, 18 * 60];

/** Whether nobody else can have its time. */
export const takesTime = ({ status }) => status !== "cancelled";
export const stateOf = ({ status, arrived }) => (status === "confirmed" && arrived ? "arrived" : status);

function element(tag, className, content = "") {
  return Object.assign(document.createElement(tag), { className, textContent: content });
}

/** An appointment as an event of the library. */
export function eventOf(appointment) {
  const { id, doctor, start, minutes, before, after, patient } = appointment;
  const date = start.slice(0, 10);
  const pixels = (length) => `${(length / STEP) * ROW}px`;
  const isOpen = ["pending", "confirmed"].includes(appointment.status);
  return {
    id,
    resourceIds: [doctor],
    start,
    end: momentOf(date, minuteOf(start) + minutes),
    title: patient,
    startEditable: page.can.change && isOpen,
    durationEditable: false,
    classNames: [`calendar-status-${stateOf(appointment)}`, (before || after) && takesTime(appointment) ? "calendar-buffered" : "", minutes < 20 ? "calendar-short" : ""],
    styles: [`--before: ${pixels(before)}`, `--after: ${pixels(after)}`],
    extendedProps: { appointment },
  };
}

function contentOf(appointment) {
  const { sign, label } = page.statuses[stateOf(appointment)];
  const mark = element("b", "calendar-sign", sign);
  mark.role = "img";
  mark.ariaLabel = mark.title = label;
  const time = element("time", "", timeOf(minuteOf(appointment.start)));
  const nodes = [mark, time, " ", element("strong", "", appointment.patient)];
  // Few elements: with 800 appointments each one more costs several milliseconds.
  if (appointment.type) nodes.push(" ", element("span", "calendar-type", appointment.type));
  return nodes;
}

/** A time at which a doctor does not work, as a background of the library. */
function backgroundOf({ doctor, date, reason, start, end, name }, index) {
  return {
    id: `off-${index}`,
    resourceIds: [doctor],
    start: momentOf(date, start),
    end: momentOf(date, end),
    display: "background",
    title: reason === "closure" ? text("closure", { name }) : text(reason),
    classNames: [`calendar-off-${reason}`],
    extendedProps: { reason },
  };
}

function countOf({ date, appointments, pending, closure }) {
  return {
    id: date,
    start: date,
    end: addDays(date, 1),
    allDay: true,
    title: date,
    classNames: ["calendar-count", appointments ? "" : "calendar-count-none"],
    extendedProps: { date, appointments, pending, closure },
  };
}

function countContent({ appointments, pending, closure }) {
  const nodes = [element("strong", "", closure ? text("closure", { name: closure }) : text("appointments", { count: appointments }))];
  if (pending) nodes.push(element("span", "calendar-pending", text("pending", { count: pending })));
  return nodes;
}

export class Grid {
  constructor(target, { onOpen, onFree, onDrop, onDay, onDrawn }) {
    this.onOpen = onOpen;
    this.drawn = onDrawn;
    this.calendar = createCalendar(target, [ResourceTimeGrid, TimeGrid, DayGrid, Interaction], {
      view: "resourceTimeGridDay",
      date: today(),
      locale: page.language,
      firstDay: 1,
      headerToolbar: { start: "", center: "", end: "" },
      allDaySlot: false,
      slotDuration: { minutes: STEP },
      slotLabelInterval: { minutes: 60 },
      slotHeight: ROW,
      slotEventOverlap: false,
      snapDuration: { minutes: 5 },
      eventTimeFormat: () => "",
      slotLabelFormat: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
      dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
      editable: false,
      longPressDelay: 500,
      views: {
        resourceTimeGridDay: { columnWidth: "minmax(8rem, 1fr)" },
        dayGridMonth: { dayHeaderFormat: { weekday: "short" } },
        timeGridWeek: { columnWidth: "minmax(6.5rem, 1fr)" },
      },
      eventContent: ({ event }) => this.content(event),
      eventDidMount: ({ event, el }) => this.prepare(event, el),
      eventClick: ({ event }) => (event.extendedProps.date ? onDay(event.extendedProps.date) : onOpen(Number(event.id))),
      dateClick: ({ date, resource }) => onFree(localText(date), resource && Number(resource.id)),
      eventDrop: ({ event, newResource, revert }) =>
        onDrop(event.extendedProps.appointment, localText(event.start), newResource && Number(newResource.id), revert),
      eventAllUpdated: () => this.drawn(),
    });
  }

  content({ display, extendedProps, title }) {
    if (display === "background") return { domNodes: [element("span", "calendar-off-name", extendedProps.reason === "hours" ? "" : title)] };
    if (extendedProps.date) return { domNodes: countContent(extendedProps) };
    return { domNodes: contentOf(extendedProps.appointment) };
  }

  /** The arrow keys move one frame. Otherwise every appointment would be a stop of the tab key. */
  prepare({ display, extendedProps, id }, el) {
    if (display === "background") return;
    if (extendedProps.date) el.dataset.date = extendedProps.date;
    else {
      // The frame skips the others: their time is free.
      el.tabIndex = takesTime(extendedProps.appointment) ? -1 : 0;
      el.dataset.appointment = id;
    }
  }

  /** Draw a day (a column for each doctor) or a week (a column for each day). */
  drawTimes({ view, date, doctors, appointments, unavailable }) {
    const [from, to] = limits(appointments, unavailable);
    this.set({
      view: view === "day" ? "resourceTimeGridDay" : "timeGridWeek",
      date,
      resources: doctors.map(({ id, name, specialty }) => ({ id, title: name, extendedProps: { specialty } })),
      slotMinTime: timeOf(from),
      slotMaxTime: timeOf(to),
      scrollTime: timeOf(from),
      events: [...unavailable.map(backgroundOf), ...appointments.map(eventOf)],
    });
    return { from, to };
  }

  drawMonth({ date, days }) {
    this.set({ view: "dayGridMonth", date, resources: [], events: days.map(countOf) });
  }

  set(options) {
    for (const [name, value] of Object.entries(options)) this.calendar.setOption(name, value);
  }

  update(appointment) {
    const event = eventOf(appointment);
    if (!this.calendar.updateEvent(event)) this.calendar.addEvent(event);
  }

  remove(id) {
    this.calendar.removeEventById(id);
  }
}

/** The whole hours that contain the doctors' hours and all appointments. */
export function limits(appointments, unavailable) {
  let [from, to] = [24 * 60, 0];
  const include = (start, end) => [from, to] = [Math.min(from, start), Math.max(to, end)];
  for (const { start, minutes } of appointments) include(minuteOf(start), minuteOf(start) + minutes);
  const gaps = unavailable.filter(({ reason }) => reason === "hours");
  for (const { start, end } of gaps) {
    if (start === 0 && end < 24 * 60) include(end, end + 60);
    if (end === 24 * 60 && start > 0) include(start - 60, start);
  }
  if (from > to) [from, to] = DEFAULT_HOURS;
  return [Math.floor(from / 60) * 60, Math.min(Math.ceil(to / 60) * 60, 24 * 60)];
}
