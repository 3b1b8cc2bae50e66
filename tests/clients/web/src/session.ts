import { makeVar } from "@apollo/client";

export type Session = { token: string; refreshToken: string };

const KEY = "cybermed.session";
const read = () => JSON.parse(localStorage.getItem(KEY) ?? "null") as Session | null;

/** Who is signed in, in every tab of this browser; null if nobody is. */
export const session = makeVar(read());

export function keep(next: Session | null) {
  if (next) localStorage.setItem(KEY, JSON.stringify(next));
  else localStorage.removeItem(KEY);
  session(next);
}

addEventListener("storage", ({ key }) => key === KEY && session(read()));

/**
 * Exchange the refresh token, unless another request or tab has done so since `stale` was sent:
 * it is good for one exchange, so whoever comes later waits and takes the new one.
 */
export const renewOnce = (stale: string, exchange: (refreshToken: string) => Promise<Session | null>) =>
  navigator.locks.request(KEY, async () => {
    const current = read();
    if (current?.token === stale) keep(await exchange(current.refreshToken));
    else session(current);
  });
