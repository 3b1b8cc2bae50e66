import { makeVar } from "@apollo/client";

export type Session = { token: string; refreshToken: string };

const KEY = "cybermed.session";
const read = () => JSON.parse(localStorage.getItem(KEY) ?? "null") as Session | null;

/** The session, shared by all tabs of this browser; null if nobody is signed in. */
export const session = makeVar(read());

export function storeSession(next: Session | null) {
  if (next) localStorage.setItem(KEY, JSON.stringify(next));
  else localStorage.removeItem(KEY);
  session(next);
}

addEventListener("storage", ({ key }) => key === KEY && session(read()));

/**
 * Exchange the refresh token, unless another request or tab has done so since `expired` was sent.
 * A refresh token works once, so concurrent requests wait for the first exchange and use its result.
 */
export const refreshOnce = (expired: string, exchange: (refreshToken: string) => Promise<Session | null>) =>
  navigator.locks.request(KEY, async () => {
    const current = read();
    if (current?.token === expired) storeSession(await exchange(current.refreshToken));
    else session(current);
  });
