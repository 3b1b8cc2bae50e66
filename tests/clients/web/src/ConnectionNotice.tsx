import { useReactiveVar } from "@apollo/client/react";
import { isOnline, isReachable, tryNow } from "./connection";

/** Says that the network or the server is lost. Always in the page, so that screen readers announce its text. */
export function ConnectionNotice() {
  const [online, reachable] = [useReactiveVar(isOnline), useReactiveVar(isReachable)];
  return (
    <div role="status" aria-label="Connection" className="connection">
      {!(online && reachable) && (
        <p className="notice row">
          {online ? "The clinic’s server cannot be reached. " : "You are offline. "}
          What you see can be out of date. The page tries again by itself.
          <button onClick={tryNow}>Try now</button>
        </p>
      )}
    </div>
  );
}
