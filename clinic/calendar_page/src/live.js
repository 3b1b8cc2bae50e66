/**
 * Asks the server every second what has changed, and reports a lost connection.
 *
 * Nothing is asked while the page is hidden: nobody sees it, and the first answer afterwards contains
 * what was missed.
 */
import { getChanges, page, SignedOut, text } from "./api.js";

const PERIOD = 1_000;

export class Live {
  constructor({ query, onChanges, onReload }) {
    Object.assign(this, { query, onChanges, onReload, seen: new Set(), after: 0, etag: null });
    this.banner = document.getElementById("calendar-lost");
    document.addEventListener("visibilitychange", () => this.schedule(0));
  }

  /** Begin at what a feed has answered. */
  start({ last, seen, availability }) {
    Object.assign(this, { after: last, seen: new Set(seen), availability, etag: null });
    this.schedule(PERIOD);
  }

  schedule(delay) {
    clearTimeout(this.timer);
    if (!document.hidden) this.timer = setTimeout(() => this.ask(), delay);
  }

  async ask() {
    const query = this.query();
    try {
      const answer = await getChanges({ ...query, after: this.after }, this.etag);
      if (!this.banner.hidden) {
        this.banner.hidden = true;
        this.onReload();
      } else if (answer && JSON.stringify(query) === JSON.stringify(this.query())) {
        this.apply(answer);
      }
    } catch (error) {
      this.report(error);
      if (error instanceof SignedOut) return;
    }
    this.schedule(PERIOD);
  }

  apply({ changes, is_complete: isComplete, availability, etag }) {
    this.etag = etag;
    // The server repeats some entries, which can have become visible in another order.
    const fresh = changes.filter(([number]) => !this.seen.has(number));
    for (const [number] of fresh) this.seen.add(number);
    const isChanged = this.availability !== availability;
    this.availability = availability;
    if (!isComplete || isChanged) this.onReload();
    else if (fresh.length) this.onChanges([...new Set(fresh.map(([, appointment]) => appointment))]);
  }

  report(error) {
    this.banner.textContent = error instanceof SignedOut ? text("signedOut") : text("lost");
    if (error instanceof SignedOut) {
      const link = Object.assign(document.createElement("a"), { href: page.urls.login, textContent: "→" });
      this.banner.append(" ", link);
    }
    this.banner.hidden = false;
  }
}
