import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Field, Form, problemsIn, type Values } from "./Form";
import { graphql } from "./gql";
import { keep } from "./session";

const TokenAuth = graphql(`mutation TokenAuth($email: String!, $password: String!) {
  tokenAuth(email: $email, password: $password) { token refreshToken }
}`);
const Register = graphql(`mutation Register($input: RegisterInput!) {
  answer: register(input: $input) { __typename ...Problems }
}`);

export function SignIn() {
  const [isNew, setIsNew] = useState(false);
  const [tokenAuth] = useMutation(TokenAuth);
  const [register] = useMutation(Register);

  async function signIn({ email = "", password = "" }: Values) {
    const { data } = await tokenAuth({ variables: { email, password } });
    keep(data!.tokenAuth);
    return [];
  }
  async function openAccount({ email = "", password = "", firstName = "", lastName = "" }: Values) {
    const input = { email, password, firstName, lastName, role: "PATIENT" as const };
    const problems = problemsIn((await register({ variables: { input } })).data!.answer);
    return problems.length > 0 ? problems : signIn({ email, password });
  }

  return (
    <main className="narrow card">
      <h1>{isNew ? "Open an account" : "Sign in to CyberMed"}</h1>
      <Form key={String(isNew)} action={isNew ? "Open my account" : "Sign in"} onSubmit={isNew ? openAccount : signIn}>
        {isNew && <Field name="firstName" label="First name" autoComplete="given-name" />}
        {isNew && <Field name="lastName" label="Last name" autoComplete="family-name" />}
        <Field name="email" label="E-mail" type="email" autoComplete="username" required />
        <Field name="password" label="Password" type="password" required
          autoComplete={isNew ? "new-password" : "current-password"} />
      </Form>
      <button className="link" onClick={() => setIsNew(!isNew)}>{isNew ? "I have an account" : "I am new here"}</button>
    </main>
  );
}
