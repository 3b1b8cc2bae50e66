import { createContext, use, useId, useState, type FormEvent, type InputHTMLAttributes, type ReactNode } from "react";
import { graphql, unmask, type FragmentType } from "./gql";

export type Problem = { field?: string | null | undefined; message: string };
const Problems = graphql(`fragment Problems on OperationInfo { messages { field message } }`);
// Every mutation of ours calls its field `answer`, a union that may be a refusal.
type Refused = { __typename: "OperationInfo" } & FragmentType<typeof Problems>;
type Answer = Refused | { __typename: "Appointment" | "Doctor" | "Patient" | "SlotUnavailable" | "User" };

export const problemsIn = (answer: Answer): Problem[] =>
  answer.__typename === "OperationInfo" ? unmask(Problems, answer).messages : [];

export const saidBy = (error: unknown): Problem[] => [{ message: (error as Error).message }];

/** What a mutation was refused for, or failed with; empty if it was done. */
export const problemsOf = (mutation: Promise<{ data?: { answer: Answer } | undefined }>): Promise<Problem[]> =>
  mutation.then(({ data }) => problemsIn(data!.answer), saidBy);

export const Alert = ({ problems }: { problems: Problem[] }) =>
  problems.length > 0 && (
    <div role="alert" className="alert">{problems.map(({ message }) => <p key={message}>{message}</p>)}</div>
  );

/** What stands where data will be. */
export const Waiting = ({ error }: { error: unknown }) =>
  error ? <Alert problems={saidBy(error)} /> : <p role="status">Loading…</p>;

const FieldProblems = createContext<Problem[]>([]);
export type Values = Record<string, string>;
type FormProps = { action: string; onSubmit: (values: Values) => Promise<Problem[]>; children: ReactNode };

/** A form that shows each problem beside its field, and the rest above its button. */
export function Form({ action, onSubmit, children }: FormProps) {
  const [problems, setProblems] = useState<Problem[]>([]);
  const [names, setNames] = useState<string[]>([]);
  const [pending, setPending] = useState(false);
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget)) as Values;
    setNames(Object.keys(values));
    setPending(true);
    setProblems(await onSubmit(values).catch(saidBy));
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

/** A labelled input. Its name is the path below `input` that the server's `field` gives. */
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
