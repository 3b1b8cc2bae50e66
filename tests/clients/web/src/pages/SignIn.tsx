import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Field, Form, type Values } from "../Form";
import { graphql } from "../gql";
import { problemsIn } from "../problems";
import { storeSession } from "../session";
import { Title } from "../Title";

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
    storeSession(data!.tokenAuth);
    return [];
  }
  async function createAccount({ email = "", password = "", firstName = "", lastName = "" }: Values) {
    const input = { email, password, firstName, lastName, role: "PATIENT" as const };
    const problems = problemsIn((await register({ variables: { input } })).data!.answer);
    return problems.length > 0 ? problems : signIn({ email, password });
  }

  const title = isNew ? "Create an account" : "Sign in";
  return (
    <main className="narrow card">
      <Title>{title}</Title>
      <h1>{title}</h1>
      <Form key={String(isNew)} action={isNew ? "Create account" : "Sign in"} onSubmit={isNew ? createAccount : signIn}>
        {isNew && <Field name="firstName" label="First name" autoComplete="given-name" />}
        {isNew && <Field name="lastName" label="Last name" autoComplete="family-name" />}
        <Field name="email" label="Email" type="email" autoComplete="username" required />
        <Field name="password" label="Password" type="password" required
          autoComplete={isNew ? "new-password" : "current-password"} />
      </Form>
      <p className="row apart">
        <button className="link" onClick={() => setIsNew(!isNew)}>{isNew ? "I have an account" : "I am new here"}</button>
        {!isNew && <a href="#/forgotten-password">Forgotten password?</a>}
      </p>
    </main>
  );
}
