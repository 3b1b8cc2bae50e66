import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { Form, type Values } from "./Form";
import type { Problem } from "./problems";

type QuestionProps = {
  question: string;
  yes: string;
  no: string;
  onYes: (values: Values) => Promise<Problem[]>;
  /** Explanation and fields. */
  children?: ReactNode;
};

/** A button that asks in a dialog before it acts. Problems are shown in the dialog, which stays open. */
export function AskFirst({ label, ...question }: QuestionProps & { label: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button className="danger" aria-haspopup="dialog" onClick={() => setIsOpen(true)}>{label}</button>
      {isOpen && <Question {...question} onClose={() => setIsOpen(false)} />}
    </>
  );
}

/** The browser keeps the focus inside the dialog, closes it on Escape, and then returns the focus to the button. */
function Question({ question, yes, no, onYes, onClose, children }: QuestionProps & { onClose: () => void }) {
  const [dialog, keep] = [useRef<HTMLDialogElement>(null), useRef<HTMLButtonElement>(null)];
  const id = useId();
  useEffect(() => {
    if (!dialog.current!.open) dialog.current!.showModal();
    // Otherwise the first field is focused, and a second press of Enter submits.
    keep.current!.focus();
  }, []);
  const close = () => dialog.current?.close();
  async function act(values: Values) {
    const problems = await onYes(values);
    if (problems.length > 0) return problems;
    close();
    // The button can be gone with what it acted on. A keyboard user would start at the top of the page.
    if (!document.activeElement || document.activeElement === document.body) document.querySelector("main")?.focus();
    return [];
  }
  return (
    <dialog ref={dialog} className="card" aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{question}</h2>
      <Form action={yes} onSubmit={act} other={<button type="button" ref={keep} onClick={close}>{no}</button>}>
        {children}
      </Form>
    </dialog>
  );
}
