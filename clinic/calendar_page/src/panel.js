/** The panel of an appointment, and the dialog that moves it. */
import { getPanel, page, SignedOut, text } from "./api.js";
import { ask, clearErrors, fill, forget, open, part, send, showErrors } from "./dialogs.js";

const panel = document.getElementById("calendar-panel");
const moving = document.getElementById("calendar-move");

export class Panel {
  constructor({ onChanged, onFailed }) {
    Object.assign(this, { onChanged, onFailed });
    moving.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    for (const name of ["date", "time", "doctor"]) {
      moving.querySelector(`[name=${name}]`).addEventListener("input", () => forget(moving, "outside"));
    }
    moving.addEventListener("close", () => this.undo?.());
  }

  open(id) {
    return this.load(id, () => true);
  }

  /** Load the panel, and show it if `isWanted` still says so. */
  async load(id, isWanted) {
    try {
      const html = await getPanel(id);
      if (!isWanted()) return;
      panel.innerHTML = html;
    } catch (error) {
      this.onFailed(error instanceof SignedOut ? text("signedOut") : text("failed"));
      return;
    }
    const form = panel.querySelector("form");
    for (const button of panel.querySelectorAll("[data-action]")) {
      button.onclick = () => this.act(id, button.dataset.action);
    }
    const cancel = panel.querySelector("[data-cancel]");
    if (cancel) cancel.onclick = () => this.askReason();
    const move = panel.querySelector("[data-move]");
    if (move) move.onclick = () => this.move(form.dataset);
    open(panel);
  }

  askReason() {
    part(panel, "cancelling").hidden = false;
    panel.querySelector("[name=reason]").focus();
  }

  async act(id, action) {
    const reason = action === "cancel" ? panel.querySelector("[name=reason]").value : "";
    const answer = await send(panel, `${page.urls.appointment}${id}/${action}/`, { reason });
    if (answer.errors) {
      showErrors(panel, answer);
      return;
    }
    this.onChanged(id);
    if (action === "cancel") panel.close();
    else await this.load(id, () => panel.open); // unless Escape has closed it meanwhile
  }

  /** Ask before an appointment is moved; `undo` puts back what was dragged. */
  move({ appointment, date, time, doctor, patient, seen, from }, undo) {
    if (panel.open) panel.close();
    this.undo = undo;
    this.moved = { appointment, seen };
    clearErrors(moving);
    forget(moving, "outside");
    const form = moving.querySelector("form");
    fill(form.doctor, page.can.reassign ? page.doctors : page.doctors.filter(({ id }) => String(id) === String(doctor)), doctor);
    form.date.value = date;
    form.time.value = time;
    const to = `${date} ${time}, ${form.doctor.selectedOptions[0]?.text ?? ""}`;
    part(moving, "question").textContent = from ? text("move", { patient, from, to }) : patient;
    open(moving);
    (from ? moving.querySelector("[value=save]") : form.date).focus();
  }

  async save() {
    const { appointment, seen } = this.moved;
    const values = { ...Object.fromEntries(new FormData(moving.querySelector("form"))), seen };
    const answer = await send(moving, `${page.urls.appointment}${appointment}/move/`, values);
    if (answer.errors) {
      showErrors(moving, answer, { choose: (start) => this.choose(start) });
      ask(moving, answer.asks);
      return;
    }
    this.undo = null;
    moving.close();
    this.onChanged(Number(appointment));
  }

  choose({ date, time }) {
    const form = moving.querySelector("form");
    Object.assign(form.date, { value: date });
    Object.assign(form.time, { value: time });
    clearErrors(moving);
    forget(moving, "outside");
    moving.querySelector("[value=save]").focus();
  }
}
