/* What the front end knows about its connection, and when it sends a failed request again. */
import { makeVar, ServerError, ServerParseError } from "@apollo/client";

/** Whether the browser has a network. */
export const isOnline = makeVar(navigator.onLine);

/** Whether the latest request got an answer. */
export const isReachable = makeVar(true);

/** Whether no answer came, or one of a proxy that does not reach the server. GraphQL errors are answers. */
export const isUnreachable = (error: unknown) =>
  error instanceof TypeError || ((ServerError.is(error) || ServerParseError.is(error)) && error.statusCode >= 500);

const wake = new EventTarget();

/** End the wait of all requests that failed. */
export const tryNow = () => void wake.dispatchEvent(new Event("wake"));

/** Wait 0.5 to 10 seconds, longer at each attempt, or until `tryNow` is called. */
export const nextAttempt = (attempts: number) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, Math.min(500 * 2 ** attempts, 10_000));
    wake.addEventListener("wake", () => { clearTimeout(timer); resolve(); }, { once: true });
  });

addEventListener("offline", () => isOnline(false));
addEventListener("online", () => { isOnline(true); tryNow(); });
