import { useSyncExternalStore } from "react";

const onHashChange = (listener: () => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};

/** The page and its argument, such as an ID or a token: `#/page/argument`. Browsers send neither to servers. */
export function useRoute() {
  const hash = useSyncExternalStore(onHashChange, () => location.hash);
  const [, page = "", argument = ""] = hash.split("/");
  return { page, argument: decodeURIComponent(argument) };
}
