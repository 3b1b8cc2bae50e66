import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Field, Form, type Values } from "../Form";
import { graphql } from "../gql";
import { problemsIn } from "../problems";
import { storeSession } from "../session";
import { Title } from "../Title";

const ResetPassword = graphql(`mutation ResetPassword($input: ResetPasswordInput!) {
  answer: resetPassword(input: $input) { __typename ...Problems }
}`);

/** The page of links to reset a password, and of invitations. Opening it changes nothing: mail programs open links. */
export function ChoosePassword({ token }: { token: string }) {
  const [reset] = useMutation(ResetPassword);
  const [isDone, setIsDone] = useState(false);
  async function choose({ newPassword = "" }: Values) {
    const problems = problemsIn((await reset({ variables: { input: { token, newPassword } } })).data!.answer);
    if (problems.length > 0) return problems;
    // The server has ended all sessions of the account.
    storeSession(null);
    setIsDone(true);
    return [];
  }
  return (
    <main className="narrow card">
      <Title>Choose a password</Title>
      <h1>Choose a password</h1>
      {isDone ? (
        <p role="status">Your new password is set. <a href="#/">Sign in</a></p>
      ) : (
        <Form action="Set password" onSubmit={choose}>
          <Field name="newPassword" label="New password" type="password" autoComplete="new-password" required />
        </Form>
      )}
      {!isDone && <a href="#/forgotten-password">Request another link</a>}
    </main>
  );
}
