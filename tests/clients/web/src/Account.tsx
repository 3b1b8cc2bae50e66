import { useMutation } from "@apollo/client/react";
import { Avatar } from "./Avatar";
import { Field, Form, problemsOf, type Values } from "./Form";
import { graphql } from "./gql";
import type { MeQuery } from "./gql/graphql";
import { Title } from "./Title";

const UploadAvatar = graphql(`mutation UploadAvatar($image: Upload!) {
  answer: uploadAvatar(image: $image) { __typename ... on User { id avatarUrl } ...Problems }
}`);
const UpsertProfile = graphql(`mutation UpsertProfile($input: UpsertProfileInput!) {
  answer: upsertProfile(input: $input) { __typename ...Problems }
}`);

export function Account({ me }: { me: MeQuery["me"] }) {
  const [upload] = useMutation(UploadAvatar);
  const send = ({ image }: Record<string, unknown>) => problemsOf(upload({ variables: { image: image as File } }));
  return (
    <section className="narrow card">
      <Title>Account</Title>
      <div className="row"><Avatar person={me} /><h1>{me.firstName} {me.lastName}</h1></div>
      <p>{me.email}</p>
      <Form action="Upload picture" onSubmit={send}>
        <Field name="image" label="Your picture" type="file" accept="image/*" required />
      </Form>
    </section>
  );
}

/** The profile that a patient must fill in before booking. */
export function ProfileForm() {
  const [upsert] = useMutation(UpsertProfile, { refetchQueries: ["Me"] });
  const save = ({ "patient.dateOfBirth": dateOfBirth = "" }: Values) =>
    problemsOf(upsert({ variables: { input: { patient: { dateOfBirth: dateOfBirth || null } } } }));
  return (
    <section className="narrow card">
      <Title>About you</Title>
      <h1>About you</h1>
      <Form action="Continue" onSubmit={save}>
        <Field name="patient.dateOfBirth" label="Date of birth" type="date" />
      </Form>
    </section>
  );
}
