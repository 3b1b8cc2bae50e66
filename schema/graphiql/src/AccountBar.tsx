/** Who is signed in. In development, one click signs in as one of the demo's people. */
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useEffectEvent, useState } from "react";
import { codesOf, onAnswer, replaceAt, send, tokenIn, valueAt, type Answer } from "./answers";
import { authorizationIn, readObject, withToken, writeObject } from "./editors";

export type Opening = {
  query: string;
  variables: string;
  headers: string;
  /** By operation: which variables take which values of its answer, both as dotted paths. */
  copies: Record<string, Record<string, string>>;
  /** The demo's people and their password; null in production. */
  demo: { password: string; people: { role: string; email: string }[] } | null;
};
type Person = { firstName: string; lastName: string; email: string };

const WHO_AM_I = "query WhoAmI { me { firstName lastName email } }";
const SIGN_IN = `mutation SignIn($email: String!, $password: String!) {
  tokenAuth(email: $email, password: $password) { token }
}`;
const EXPIRED = "The access token has expired. Sign in again.";
const INVALID = "The access token in Headers is not valid. Sign in again.";
const OFFLINE = "The server did not answer.";

const problemOf = (answer: Answer) => {
  const codes = codesOf(answer);
  if (codes.includes("TOKEN_EXPIRED")) return EXPIRED;
  if (codes.includes("TOKEN_INVALID")) return INVALID;
  return "";
};

export function AccountBar({ copies, demo }: Pick<Opening, "copies" | "demo">) {
  const headers = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.headers);
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const hasSchema = useGraphiQL((state) => Boolean(state.schema));
  const { introspect, updateActiveTabValues } = useGraphiQLActions();
  const [person, setPerson] = useState<Person | null>(null);
  const [problem, setProblem] = useState("");
  const [copied, setCopied] = useState<string[]>([]);
  const authorization = authorizationIn(headers);

  function setToken(token: string | null) {
    const text = withToken(headerEditor?.getValue(), token);
    headerEditor?.setValue(text);
    updateActiveTabValues({ headers: text });
  }

  const readPerson = useEffectEvent((answer: Answer) => {
    setPerson((valueAt(answer.data, "me") as Person | null | undefined) ?? null);
    setProblem(problemOf(answer));
    // Only signed-in users can read the schema in production.
    if (answer.data && !hasSchema) void introspect();
  });
  useEffect(() => {
    setPerson(null);
    setProblem("");
    if (!authorization) return;
    let isCurrent = true;
    send(WHO_AM_I, {}, authorization)
      .then((answer) => isCurrent && readPerson(answer))
      .catch(() => isCurrent && setProblem(OFFLINE));
    return () => { isCurrent = false; };
  }, [authorization]);

  const readAnswer = useEffectEvent((operationName: string | undefined, answer: Answer) => {
    const token = tokenIn(answer);
    if (token) setToken(token);
    else if (authorization && problemOf(answer)) {
      setPerson(null);
      setProblem(problemOf(answer));
    }
    const variables = readObject(variableEditor?.getValue());
    const changed = Object.entries(copies[operationName ?? ""] ?? {}).filter(([path, from]) => {
      const value = valueAt(answer.data, from);
      return value !== undefined && replaceAt(variables, path, value);
    });
    if (changed.length > 0) variableEditor?.setValue(writeObject(variables));
    setCopied(changed.map(([path]) => path));
  });
  useEffect(() => onAnswer((operationName, answer) => readAnswer(operationName, answer)), []);

  async function signIn(email: string, password: string) {
    const answer = await send(SIGN_IN, { email, password }).catch(() => ({ errors: [{ message: OFFLINE }] }));
    const token = tokenIn(answer);
    if (token) setToken(token);
    else setProblem(answer.errors?.map(({ message }) => message).join(" ") ?? OFFLINE);
  }

  return (
    <header className="account-bar">
      <strong>CyberMed GraphiQL</strong>
      <span role="status">
        {!authorization && "Not signed in."}
        {person && `Signed in as ${person.firstName} ${person.lastName} (${person.email}).`}
        {copied.length > 0 && ` Copied into Variables: ${copied.join(", ")}.`}
      </span>
      {problem && <span role="alert">{problem}</span>}
      {demo && demo.people.length > 0 && (
        <span className="account-bar-people" role="group" aria-label="Sign in as one of the demo’s people">
          Sign in as
          {demo.people.map(({ role, email }) => (
            <button key={email} type="button" disabled={!headerEditor} title={email} aria-pressed={person?.email === email}
              onClick={() => void signIn(email, demo.password)}>
              {role}
            </button>
          ))}
        </span>
      )}
      {authorization && <button type="button" onClick={() => setToken(null)}>Sign out</button>}
    </header>
  );
}
