import { createContext, use, useId, useState, type FormEvent, type InputHTMLAttributes, type ReactNode } from "react";
import { graphql, unmask, type FragmentType } from "./gql";

export type Problem = { field?: string | null | undefined; message: string };
const Problems = graphql(`fragment Problems on OperationInfo { messages { field message } }`);
// Each mutation here has one field with the alias `answer`, a union that can be `OperationInfo`.
type OperationInfo = { __typename: "OperationInfo" } & FragmentType<typeof Problems>;
type Answer = OperationInfo | { __typename: "Appointment" | "Doctor" | "Patient" | "SlotUnavailable" | "User" };

export const problemsIn = (answer: Answer): Problem[] =>
  answer.__typename === "OperationInfo" ? unmask(Problems, answer).messages : [];

export const problemFrom = (error: unknown): Problem[] => [{ message: (error as Error).message }];

/** Return why a mutation was rejected or failed; empty if it succeeded. */
export const problemsOf = (mutation: Promise<{ data?: { answer: Answer } | undefined }>): Promise<Problem[]> =>
  mutation.then(({ data }) => problemsIn(data!.answer), problemFrom);

export const Alert = ({ problems }: { problems: Problem[] }) =>
  problems.length > 0 && (
    <div role="alert" className="alert">{problems.map(({ message }) => <p key={message}>{message}</p>)}</div>
  );

/** Shown until data has arrived: a loading text, or the error. */
export const Loading = ({ error }: { error: unknown }) =>
  error ? <Alert problems={problemFrom(error)} /> : <p role="status">Loading…</p>;

const FieldProblems = createContext<Problem[]>([]);
export type Values = Record<string, string>;
type FormProps = { action: string; onSubmit: (values: Values) => Promise<Problem[]>; children: ReactNode };

/** A form that shows each problem next to its field, and the others above its button. */
export function Form({ action, onSubmit, children }: FormProps) {
  const [problems, setProblems] = useState<Problem[]>([]);
  const [names, setNames] = useState<string[]>([]);
  const [pending, setPending] = useState(false);
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget)) as Values;
    setNames(Object.keys(values));
    setPending(true);
    setProblems(await onSubmit(values).catch(problemFrom));
    setPending(false);
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <FieldProblems value={problems}>{children}</FieldProblems>
      <Alert problems={problems.filter(({ field }) => !field || !names.includes(field))} />
      <button className="primary" disabled={pending}>{pending ? "One moment…" : action}</button>
    </form>
  );
}

type FieldProps = InputHTMLAttributes<HTMLInputElement> & { name: string; label: string };

/** A labelled input. `name` must be the path below `input` that the server reports as `field`. */
export function Field({ label, ...input }: FieldProps) {
  const id = useId();
  const problems = use(FieldProblems).filter(({ field }) => field === input.name);
  return (
    <p className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-invalid={problems.length > 0} aria-describedby={`${id}-problems`} {...input} />
      <span id={`${id}-problems`} className="problem" aria-live="polite">
        {problems.map(({ message }) => message).join(" ")}
      </span>
    </p>
  );
}
