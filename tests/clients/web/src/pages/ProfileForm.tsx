import { useMutation } from "@apollo/client/react";
import { Field, Form, type Values } from "../Form";
import { graphql } from "../gql";
import { problemsOf } from "../problems";
import { Title } from "../Title";

const UpsertProfile = graphql(`mutation UpsertProfile($input: UpsertProfileInput!) {
  answer: upsertProfile(input: $input) { __typename ...Problems }
}`);

/** The profile that a patient must fill in before booking. Others book only for those for whom they act. */
export function ProfileForm({ isPatient }: { isPatient: boolean }) {
  const [upsert] = useMutation(UpsertProfile, { refetchQueries: ["Me"] });
  const save = ({ "patient.dateOfBirth": dateOfBirth = "" }: Values) =>
    problemsOf(upsert({ variables: { input: { patient: { dateOfBirth: dateOfBirth || null } } } }));
  if (!isPatient) return <p role="status">You book for nobody yet. <a href="#/family">Add somebody</a></p>;
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
