import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Form } from "../Form";
import { graphql } from "../gql";
import { problemsIn } from "../problems";
import { Title } from "../Title";

// With the ID, Apollo Client updates the user in its cache, so that the notice on the other pages disappears.
const Verify = graphql(`mutation VerifyEmail($token: String!) {
  answer: verifyEmail(token: $token) { __typename ... on User { id email emailVerified } ...Problems }
}`);

/** The page of links to verify an email address. Opening it changes nothing: mail programs open links. */
export function VerifyEmail({ token }: { token: string }) {
  const [verify] = useMutation(Verify);
  const [email, setEmail] = useState("");
  async function confirm() {
    const answer = (await verify({ variables: { token } })).data!.answer;
    if (answer.__typename === "User") setEmail(answer.email);
    return problemsIn(answer);
  }
  return (
    <main className="narrow card">
      <Title>Confirm your email address</Title>
      <h1>Confirm your email address</h1>
      {email ? (
        <p role="status">The address {email} is confirmed. <a href="#/">Continue</a></p>
      ) : (
        <>
          <p>Press the button to confirm that this address is yours.</p>
          <Form action="Confirm the address" onSubmit={confirm} />
          <a href="#/">Back to CyberMed</a>
        </>
      )}
    </main>
  );
}
