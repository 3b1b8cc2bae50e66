import type { ReactNode } from "react";
import { problemFrom, type Problem } from "./problems";
import { SendLinkAgain } from "./EmailNotice";

/** What the user can do about a problem, by its code. */
const HELP: Record<string, ReactNode> = {
  email_not_verified: <SendLinkAgain />,
  too_many_open_appointments: <a href="#/appointments">Go to your appointments</a>,
};

export const Alert = ({ problems }: { problems: Problem[] }) =>
  problems.length > 0 && (
    <div role="alert" className="alert">
      {problems.map(({ message, code }) => (
        <div key={message}><p>{message}</p>{code && HELP[code]}</div>
      ))}
    </div>
  );

/** Shown until data has arrived: a loading text, or the error. */
export const Loading = ({ error }: { error: unknown }) =>
  error ? <Alert problems={problemFrom(error)} /> : <p role="status">Loading…</p>;
