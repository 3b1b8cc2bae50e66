/** What the dialogs have in common: opening, errors of the server, questions. */
import { page, post, SignedOut, text } from "./api.js";

export const part = (dialog, name) => dialog.querySelector(`[data-part="${name}"]`);

/** Show a dialog. Escape closes it, and the focus returns to where it was. */
export function open(dialog) {
  if (!dialog.open) dialog.showModal();
  dialog.querySelectorAll("[data-close]").forEach((button) => (button.onclick = () => dialog.close()));
}

/** Fill a selection; each option is `{id, name}`. */
export function fill(select, options, chosen) {
  select.replaceChildren(...options.map(({ id, name }) => new Option(name, id, false, String(id) === String(chosen))));
}

export function clearErrors(dialog) {
  part(dialog, "errors").replaceChildren();
  for (const field of dialog.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

/** Show the errors of an answer. `choose` takes one of the free times that the answer names. */
export function showErrors(dialog, { errors, free = [], people = [] }, { choose, choosePerson } = {}) {
  clearErrors(dialog);
  const box = part(dialog, "errors");
  for (const { field, code, message } of errors) {
    const paragraph = Object.assign(document.createElement("p"), { className: "errornote", textContent: message });
    paragraph.dataset.code = code;
    box.append(paragraph);
    dialog.querySelector(`[name="${field}"]`)?.setAttribute("aria-invalid", "true");
  }
  const buttons = [
    ...(choose ? free.map((start) => [start.text, () => choose(start)]) : []),
    ...(choosePerson ? people.filter(({ patient }) => patient).map((person) => [person.text, () => choosePerson(person)]) : []),
  ].map(([label, onclick]) => Object.assign(document.createElement("button"), { type: "button", textContent: label, onclick }));
  box.append(...buttons);
}

/** Show the checkboxes of what the server asks; a change of what it asked about hides them. */
export function ask(dialog, asks) {
  for (const label of dialog.querySelectorAll("[data-asks]")) {
    label.hidden = label.dataset.asks !== asks && !label.querySelector("input").checked;
    if (label.dataset.asks === asks) label.querySelector("input").checked = false;
  }
}

export function forget(dialog, asks) {
  const label = dialog.querySelector(`[data-asks="${asks}"]`);
  if (!label) return;
  label.hidden = true;
  label.querySelector("input").checked = false;
}

/** Send a form once: its buttons are disabled until the answer. Returns null if that failed. */
export async function send(dialog, url, values) {
  const buttons = [...dialog.querySelectorAll("button")].filter(({ disabled }) => !disabled);
  for (const button of buttons) button.disabled = true;
  try {
    return await post(url, values);
  } catch (error) {
    const message = error instanceof SignedOut ? text("signedOut") : text("failed");
    return { errors: [{ field: null, code: "failed", message }] };
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

export const typesOf = (doctor) => {
  const offered = page.offered[doctor] ?? [];
  const types = offered.map((id) => page.types.find((type) => type.id === id)).filter(Boolean);
  const named = types.map(({ id, name, minutes }) => ({ id, name: `${name} (${text("minutes", { minutes })})` }));
  return [{ id: "", name: text("doctorsDefault") }, ...named];
};
