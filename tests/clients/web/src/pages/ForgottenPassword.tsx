import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Field, Form, type Values } from "../Form";
import { graphql } from "../gql";
import { Title } from "../Title";

const RequestReset = graphql(`mutation RequestReset($email: String!) { requestPasswordReset(email: $email) }`);

export function ForgottenPassword() {
  const [request] = useMutation(RequestReset);
  const [sentTo, setSentTo] = useState("");
  async function send({ email = "" }: Values) {
    await request({ variables: { email } });
    setSentTo(email);
    return [];
  }
  return (
    <main className="narrow card">
      <Title>Forgotten password</Title>
      <h1>Forgotten password</h1>
      {sentTo ? (
        // The server does not say whether there is such an account.
        <p role="status">If there is an account with the address {sentTo}, we have sent a link to it. Open it to choose a new password.</p>
      ) : (
        <Form action="Send me a link" onSubmit={send}>
          <Field name="email" label="Email" type="email" autoComplete="username" required />
        </Form>
      )}
      <a href="#/">Back to signing in</a>
    </main>
  );
}
