import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { graphql } from "./gql";
import { problemFrom } from "./problems";

const SendLink = graphql(`mutation SendLink { requestEmailVerification }`);

/** A button that sends another link to verify the email address, and says what came of it. */
export function SendLinkAgain() {
  const [send] = useMutation(SendLink);
  const [result, setResult] = useState("");
  const onClick = () => {
    const sent = send().then(() => "We have sent another link. Older links no longer work.");
    void sent.catch((error) => problemFrom(error)[0]!.message).then(setResult);
  };
  return (
    <p className="row">
      <button className="link" onClick={onClick}>Send the link again</button>
      <span role="status">{result}</span>
    </p>
  );
}

/** Shown on all pages until the user has opened a link that was sent to the address. */
export const EmailNotice = ({ email }: { email: string }) => (
  <section aria-label="Your email address" className="notice">
    <p>
      <strong>Please confirm your email address.</strong> We have sent a link to {email}. You can book appointments
      once you have opened it.
    </p>
    <SendLinkAgain />
  </section>
);
