/** The dialog that books: a patient who is found, or a caller who is registered in the same form. */
import { getJson, page, text } from "./api.js";
import { ask, clearErrors, fill, forget, open, part, send, showErrors, typesOf } from "./dialogs.js";

const SEARCH_DELAY = 250; // milliseconds without a key
const MIN_LENGTH = 2;
const IDENTITY = ["first_name", "last_name", "date_of_birth", "phone_number", "email"];
const dialog = document.getElementById("calendar-booking");

export class Booking {
  constructor({ onBooked }) {
    this.onBooked = onBooked;
    this.patient = null;
    if (!dialog) return;
    this.form = dialog.querySelector("form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    this.form.search.addEventListener("input", () => this.searchSoon());
    this.form.search.addEventListener("keydown", (event) => this.onSearchKey(event));
    this.form.doctor.addEventListener("change", () => this.fillTypes());
    for (const name of ["doctor", "date", "time", "appointment_type"]) {
      this.form[name].addEventListener("input", () => forget(dialog, "outside"));
    }
    for (const name of IDENTITY) this.form[name]?.addEventListener("input", () => forget(dialog, "duplicate"));
    part(dialog, "another").addEventListener("click", () => this.choose(null));
  }

  open(start, doctor) {
    if (!dialog) return;
    this.form.reset();
    clearErrors(dialog);
    forget(dialog, "outside");
    forget(dialog, "duplicate");
    fill(this.form.doctor, page.doctors, doctor);
    this.fillTypes();
    [this.form.date.value, this.form.time.value] = start.slice(0, 16).split("T");
    this.choose(null);
    open(dialog);
    this.form.search.focus();
  }

  fillTypes() {
    fill(this.form.appointment_type, typesOf(this.form.doctor.value), "");
  }

  searchSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), SEARCH_DELAY);
  }

  async search() {
    const query = this.form.search.value.trim();
    const list = part(dialog, "found");
    if (query.length < MIN_LENGTH) {
      list.replaceChildren();
      return;
    }
    const { patients } = await getJson("patients", { q: query }).catch(() => ({ patients: [] }));
    if (query !== this.form.search.value.trim()) return; // an answer to what was typed before
    list.replaceChildren(...patients.map((patient) => this.option(patient)));
    if (!patients.length) list.textContent = text("noPatients");
  }

  option(patient) {
    const label = [patient.name, text("born", { date: patient.born }), patient.phone].filter(Boolean).join(", ");
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.setAttribute("role", "option");
    button.addEventListener("click", () => this.choose({ id: patient.id, label }));
    button.addEventListener("keydown", (event) => this.onSearchKey(event));
    return button;
  }

  /** The arrow keys move through the patients that were found. */
  onSearchKey(event) {
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) {
      // Enter in the search must not send the form: no patient is chosen yet.
      if (event.key === "Enter" && event.target === this.form.search) {
        event.preventDefault();
        part(dialog, "found").querySelector("button")?.click();
      }
      return;
    }
    event.preventDefault();
    const stops = [this.form.search, ...part(dialog, "found").querySelectorAll("button")];
    const index = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    stops[Math.min(Math.max(index, 0), stops.length - 1)].focus();
  }

  choose(patient) {
    this.patient = patient;
    const chosen = part(dialog, "chosen");
    chosen.hidden = !patient;
    chosen.querySelector("span").textContent = patient?.label ?? "";
    part(dialog, "search").hidden = Boolean(patient);
    part(dialog, "found").replaceChildren();
    const caller = part(dialog, "caller");
    if (caller) {
      caller.hidden = Boolean(patient);
      if (patient) caller.open = false;
    }
    if (patient) dialog.querySelector("[value=save]").focus();
  }

  async save() {
    const values = Object.fromEntries(new FormData(this.form));
    delete values.search;
    if (this.patient) {
      for (const name of [...IDENTITY, "register_anyway"]) delete values[name];
      values.patient = this.patient.id;
    }
    const answer = await send(dialog, page.urls.book, values);
    if (answer.errors) {
      showErrors(dialog, answer, {
        choose: (start) => this.chooseTime(start),
        choosePerson: ({ patient, text: label }) => {
          clearErrors(dialog);
          this.choose({ id: patient, label });
        },
      });
      ask(dialog, answer.asks);
      return;
    }
    dialog.close();
    this.onBooked(answer.appointment);
  }

  chooseTime({ date, time }) {
    this.form.date.value = date;
    this.form.time.value = time;
    clearErrors(dialog);
    forget(dialog, "outside");
  }
}
