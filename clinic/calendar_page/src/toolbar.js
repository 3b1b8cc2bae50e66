/**
 * The view, the date, the doctors that are chosen, and whether cancelled appointments are shown. The last
 * two are kept in the browser, the others in the URL.
 */
import { page } from "./api.js";
import { today } from "./clock.js";
import { addDays, addMonths } from "./dates.js";
import { fill } from "./dialogs.js";

const VIEWS = ["day", "week", "month"];
const HIDDEN_KEY = "calendar-hidden-doctors";
const CANCELLED_KEY = "calendar-shows-cancelled";
const byId = (name) => document.getElementById(`calendar-${name}`);

export class Toolbar {
  constructor({ onChange }) {
    this.onChange = onChange;
    this.readUrl();
    this.hidden = new Set(JSON.parse(localStorage.getItem(HIDDEN_KEY) ?? "[]"));
    this.showChoices();
    fill(byId("doctor"), page.doctors, this.doctor);
    byId("previous").onclick = () => this.step(-1);
    byId("next").onclick = () => this.step(1);
    byId("today").onclick = () => this.set({ date: today() });
    byId("date").onchange = ({ target }) => target.value && this.set({ date: target.value });
    byId("doctor").onchange = ({ target }) => this.set({ doctor: Number(target.value) });
    byId("at-work").onchange = () => this.onChange();
    byId("cancelled").checked = localStorage.getItem(CANCELLED_KEY) === "1";
    byId("cancelled").onchange = ({ target }) => {
      localStorage.setItem(CANCELLED_KEY, target.checked ? "1" : "");
      this.onChange();
    };
    byId("all").onclick = () => this.hide([]);
    byId("none").onclick = () => this.hide(page.doctors.map(({ id }) => id));
    for (const button of document.querySelectorAll("[data-view]")) button.onclick = () => this.set({ view: button.dataset.view });
    addEventListener("popstate", () => {
      this.readUrl();
      this.show();
      this.onChange();
    });
    this.show();
  }

  get onlyAtWork() {
    return byId("at-work").checked;
  }

  get showsCancelled() {
    return byId("cancelled").checked;
  }

  readUrl() {
    const query = new URLSearchParams(location.search);
    const date = query.get("date") ?? "";
    this.view = VIEWS.includes(query.get("view")) ? query.get("view") : "day";
    this.date = /^\d{4}-\d\d-\d\d$/.test(date) && !Number.isNaN(Date.parse(date)) ? date : today();
    const doctor = Number(query.get("doctor"));
    this.doctor = page.doctors.some(({ id }) => id === doctor) ? doctor : page.doctors[0]?.id;
  }

  set(changes) {
    Object.assign(this, changes);
    history.pushState(null, "", `?${new URLSearchParams({ view: this.view, date: this.date, ...(this.view === "week" && { doctor: this.doctor }) })}`);
    this.show();
    this.onChange();
  }

  step(direction) {
    const { view, date } = this;
    this.set({ date: view === "month" ? addMonths(date, direction) : addDays(date, direction * (view === "week" ? 7 : 1)) });
  }

  /** The doctors on the page: one in a week, otherwise those that are chosen. */
  doctors() {
    if (this.view === "week") return page.doctors.filter(({ id }) => id === this.doctor);
    return page.doctors.filter(({ id }) => !this.hidden.has(id));
  }

  /** Let the links to the pages for paper follow what is shown: the day, or the doctor's week. */
  showPrintLinks() {
    const [day, week] = [byId("print-day"), byId("print-week")];
    if (!day) return; // without the permission
    const { view, date, doctor } = this;
    const chosen = this.doctors();
    // Without doctors, the page prints all: a clinic of hundreds would have a URL that is too long.
    const doctors = chosen.length < page.doctors.length ? chosen.map(({ id }) => ["doctors", id]) : [];
    day.hidden = view !== "day" || !chosen.length;
    day.search = new URLSearchParams([["date", date], ...doctors]);
    week.hidden = view !== "week" || !doctor;
    week.search = new URLSearchParams({ doctor, date });
  }

  show() {
    this.showPrintLinks();
    byId("date").value = this.date;
    byId("doctor").value = this.doctor;
    byId("one-doctor").hidden = this.view !== "week";
    byId("with-cancelled").hidden = this.view === "month";
    byId("doctors").hidden = this.view === "week" || page.doctors.length < 2;
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === this.view));
    }
  }

  showChoices() {
    const labels = page.doctors.map(({ id, name, specialty }) => {
      const box = Object.assign(document.createElement("input"), { type: "checkbox", value: id, checked: !this.hidden.has(id) });
      box.onchange = () => this.hide(this.unchecked());
      const label = document.createElement("label");
      label.append(box, ` ${name} (${specialty})`);
      return label;
    });
    byId("choices").replaceChildren(...labels);
  }

  unchecked() {
    return [...byId("choices").querySelectorAll("input:not(:checked)")].map(({ value }) => Number(value));
  }

  hide(doctors) {
    this.hidden = new Set(doctors);
    localStorage.setItem(HIDDEN_KEY, JSON.stringify(doctors));
    this.showPrintLinks();
    for (const box of byId("choices").querySelectorAll("input")) box.checked = !this.hidden.has(Number(box.value));
    this.onChange();
  }

  showCount(count) {
    byId("shown").textContent = `(${count})`;
  }
}
