import { useEffect } from "react";

/** The document title of a page. */
export function Title({ children }: { children: string }) {
  useEffect(() => { document.title = `${children} · CyberMed`; }, [children]);
  return null;
}
