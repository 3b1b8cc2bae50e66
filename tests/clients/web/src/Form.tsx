import { createContext, use, useId, useState } from "react";
import type { FormEvent, InputHTMLAttributes, ReactNode, SelectHTMLAttributes } from "react";
import { Alert } from "./Alert";
import { problemFrom, type Problem } from "./problems";

const FieldProblems = createContext<Problem[]>([]);
export type Values = Record<string, string>;
type FormProps = {
  action: string;
  onSubmit: (values: Values) => Promise<Problem[]>;
  children?: ReactNode;
  /** Another button, before the one that submits. */
  other?: ReactNode;
};

/** A form that shows each problem next to its field, and the others above its button. */
export function Form({ action, onSubmit, children, other }: FormProps) {
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
      <p className="row">
        {other}
        <button className="primary" disabled={pending}>{pending ? "One moment…" : action}</button>
      </p>
    </form>
  );
}

type Labelled = { name: string; label: string };

/** A labelled input. `name` must be the path below `input` that the server reports as `field`. */
export const Field = ({ label, ...input }: InputHTMLAttributes<HTMLInputElement> & Labelled) => (
  <WithProblems name={input.name} label={label}>{(described) => <input {...described} {...input} />}</WithProblems>
);

type ChoiceProps = SelectHTMLAttributes<HTMLSelectElement> & Labelled & { options: Record<string, string> };

/** A labelled choice of one of `options`, which map values to texts. `name` as in `Field`. */
export const Choice = ({ label, options, ...select }: ChoiceProps) => (
  <WithProblems name={select.name} label={label}>
    {(described) => (
      <select {...described} {...select}>
        {Object.entries(options).map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
    )}
  </WithProblems>
);

type Described = { id: string; "aria-invalid": boolean; "aria-describedby": string };

function WithProblems({ name, label, children }: Labelled & { children: (described: Described) => ReactNode }) {
  const id = useId();
  const problems = use(FieldProblems).filter(({ field }) => field === name);
  return (
    <p className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": problems.length > 0, "aria-describedby": `${id}-problems` })}
      <span id={`${id}-problems`} className="problem" aria-live="polite">
        {problems.map(({ message }) => message).join(" ")}
      </span>
    </p>
  );
}
