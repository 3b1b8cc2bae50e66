/**
 * GraphiQL's storage. Everything is kept in this browser tab's session storage. Local storage has a
 * copy for the next browser tab, without headers: an access token must not outlive the session.
 */
const PREFIX = "graphiql:";
const TABS = `${PREFIX}tabState`;
// What the active tab's editors contain, once more. If these disagree with the tabs, GraphiQL opens
// another tab; `activeTab` is used in their place.
const EDITORS = ["query", "variables", "headers"].map((name) => PREFIX + name);

const withoutHeaders = (value: string) =>
  value.startsWith("{") ? JSON.stringify(JSON.parse(value), (key, part) => (key === "headers" ? null : part)) : value;

const keysOf = (store: Storage) => Object.keys(store).filter((key) => key.startsWith(PREFIX));

export const storage = {
  getItem: (key: string) => sessionStorage.getItem(key) ?? localStorage.getItem(key),
  setItem(key: string, value: string) {
    if (EDITORS.includes(key)) return;
    sessionStorage.setItem(key, value);
    localStorage.setItem(key, withoutHeaders(value));
  },
  removeItem(key: string) {
    sessionStorage.removeItem(key);
    localStorage.removeItem(key);
  },
  clear() {
    for (const store of [sessionStorage, localStorage]) for (const key of keysOf(store)) store.removeItem(key);
  },
  get length() {
    return keysOf(sessionStorage).length;
  },
};

type Tab = { query: string | null; variables: string | null; headers: string | null };

/** The tab that was active when the page was left; undefined if nothing is stored. */
export function activeTab(): Tab | undefined {
  try {
    const { tabs, activeTabIndex } = JSON.parse(storage.getItem(TABS) ?? "{}");
    return tabs?.[activeTabIndex];
  } catch {
    return undefined;
  }
}

/** Remove the headers that an earlier version of this page has left in local storage. */
export function removeStoredHeaders() {
  for (const key of EDITORS) localStorage.removeItem(key);
  const tabs = localStorage.getItem(TABS);
  if (tabs) localStorage.setItem(TABS, withoutHeaders(tabs));
}
