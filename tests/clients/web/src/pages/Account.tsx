import { useMutation } from "@apollo/client/react";
import { Avatar } from "../Avatar";
import { Field, Form } from "../Form";
import { graphql } from "../gql";
import type { MeQuery } from "../gql/graphql";
import { nameOf } from "../labels";
import { problemsOf } from "../problems";
import { Title } from "../Title";

const UploadAvatar = graphql(`mutation UploadAvatar($image: Upload!) {
  answer: uploadAvatar(image: $image) { __typename ... on User { id avatarUrl } ...Problems }
}`);

export function Account({ me }: { me: MeQuery["me"] }) {
  const [upload] = useMutation(UploadAvatar);
  const send = ({ image }: Record<string, unknown>) => problemsOf(upload({ variables: { image: image as File } }));
  return (
    <section className="narrow card">
      <Title>Account</Title>
      <div className="row"><Avatar person={me} /><h1>{nameOf(me)}</h1></div>
      <p>{me.email}</p>
      <Form action="Upload picture" onSubmit={send}>
        <Field name="image" label="Your picture" type="file" accept="image/*" required />
      </Form>
    </section>
  );
}
