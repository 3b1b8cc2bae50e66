/** Requests to the server, and the data of the page. */

export const page = JSON.parse(document.getElementById("calendar-data").textContent);
export const text = (name, values = {}) =>
  Object.entries(values).reduce((result, [key, value]) => result.replaceAll(`{${key}}`, value), page.texts[name]);

/** The session has ended: the admin redirects to its sign-in page. */
export class SignedOut extends Error {}

// The browser's clock can be wrong.
let ahead = page.now - Date.now();

/** The current moment by the server's clock, in milliseconds. */
export const serverNow = () => Date.now() + ahead;

const TIMEOUT = 10_000; // without it a request to a server that is unreachable can take minutes

async function send(url, options = {}) {
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT), ...options });
  const moment = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(moment)) ahead = moment - Date.now();
  if (response.type === "opaqueredirect") throw new SignedOut();
  if (!response.ok && response.status !== 304) throw new Error(`The server answered ${response.status}.`);
  return response;
}

const withQuery = (url, query) => `${url}?${new URLSearchParams(query)}`;

export const getJson = async (name, query) => (await send(withQuery(page.urls[name], query))).json();

/** The panel of an appointment, as HTML that the server has escaped. */
export const getPanel = async (id) => (await send(`${page.urls.appointment}${id}/`)).text();

/** What has changed; null if nothing has since the answer with this ETag. */
export async function getChanges(query, etag) {
  const response = await send(withQuery(page.urls.changes, query), { headers: etag ? { "If-None-Match": etag } : {} });
  return response.status === 304 ? null : { ...(await response.json()), etag: response.headers.get("ETag") };
}

/** Post an action. Returns `{appointment}`, or `{errors}` and what to ask. */
export async function post(url, values) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams(values);
  return (await send(url, { method: "POST", body, headers: { "X-CSRFToken": token } })).json();
}
