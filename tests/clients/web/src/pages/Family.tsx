import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { AskFirst } from "../AskFirst";
import { Avatar } from "../Avatar";
import { longDate } from "../dates";
import { Choice, Field, Form, type Values } from "../Form";
import { graphql } from "../gql";
import type { MeQuery, Relationship } from "../gql/graphql";
import { nameOf, RELATIONSHIPS } from "../labels";
import { problemsOf } from "../problems";
import { Title } from "../Title";

const AddDependant = graphql(`mutation AddDependant($input: AddDependantInput!) {
  answer: addDependant(input: $input) { __typename ...Problems }
}`);
const RemoveDependant = graphql(`mutation RemoveDependant($input: RemoveDependantInput!) {
  answer: removeDependant(input: $input) { __typename ...Problems }
}`);

type Me = MeQuery["me"];
type Patient = Me["patients"][number];

/** The patients for whom the user acts, and those who act for the user. */
export function Family({ me }: { me: Me }) {
  const self = me.patients.find(({ id }) => id === me.patient?.id);
  const others = me.patients.filter((patient) => patient !== self);
  return (
    <>
      <Title>Family</Title>
      <h1>Family</h1>
      <p className="hint">Book, move and cancel appointments for your children and for others who need your help.</p>
      <div className="columns">
        <section aria-label="You book for">
          <h2>You book for</h2>
          {others.length === 0 && <p>Nobody but yourself.</p>}
          <ul className="list">
            {others.map((patient) => <li key={patient.id}><Dependant patient={patient} me={me} /></li>)}
          </ul>
          {self && self.guardians.length > 0 && <Guardians self={self} />}
        </section>
        <aside><NewDependant /></aside>
      </div>
    </>
  );
}

function Dependant({ patient, me }: { patient: Patient; me: Me }) {
  const [remove] = useMutation(RemoveDependant, { refetchQueries: ["Me"] });
  const { user, dateOfBirth, guardians } = patient;
  const name = nameOf(user);
  return (
    <article className="card" aria-label={name}>
      <div className="row">
        <Avatar person={user} />
        <div>
          <strong>{name}</strong>
          {dateOfBirth && <div className="hint">Born {longDate(dateOfBirth)}</div>}
        </div>
      </div>
      <ul className="hint">
        {guardians.map(({ person, relationship }) => (
          <li key={person.id}>{RELATIONSHIPS[relationship]}: {nameOf(person)}{person.email === me.email && " (you)"}</li>
        ))}
      </ul>
      <p className="row">
        <a href="#/doctors">Find a doctor</a>
        <AskFirst label="Stop booking for them" question={`Stop booking for ${user.firstName}?`} yes="Yes, stop" no="Go on booking"
          onYes={() => problemsOf(remove({ variables: { input: { patientId: patient.id } } }))}>
          <p>You will no longer see the appointments and the record of {name}. Only the clinic can undo this.</p>
        </AskFirst>
      </p>
    </article>
  );
}

/** Those who act for the user. Each right can be ended. */
function Guardians({ self }: { self: Patient }) {
  const [remove] = useMutation(RemoveDependant, { refetchQueries: ["Me"] });
  return (
    <>
      <h2>They book for you</h2>
      <ul className="list">
        {self.guardians.map(({ person, relationship }) => (
          <li key={person.id} className="card row">
            <strong>{nameOf(person)}</strong> {RELATIONSHIPS[relationship]}
            <AskFirst label="End" question={`End the right of ${nameOf(person)} to book for you?`} yes="Yes, end it" no="Keep it"
              onYes={() => problemsOf(remove({ variables: { input: { patientId: self.id, guardianId: person.id } } }))} />
          </li>
        ))}
      </ul>
    </>
  );
}

function NewDependant() {
  const [add] = useMutation(AddDependant, { refetchQueries: ["Me"], awaitRefetchQueries: true });
  const [added, setAdded] = useState(0);
  async function save({ firstName = "", lastName = "", dateOfBirth = "", relationship }: Values) {
    const input = { firstName, lastName, dateOfBirth, relationship: relationship as Relationship };
    const problems = await problemsOf(add({ variables: { input } }));
    if (problems.length === 0) setAdded(added + 1);
    return problems;
  }
  return (
    // With another key the form starts empty again.
    <section key={added} className="card" aria-label="Add somebody">
      <h2>Add somebody</h2>
      <Form action="Add" onSubmit={save}>
        <Field name="firstName" label="First name" required />
        <Field name="lastName" label="Last name" required />
        <Field name="dateOfBirth" label="Date of birth" type="date" required />
        <Choice name="relationship" label="You are their …" options={RELATIONSHIPS} />
      </Form>
      <p className="hint">Does the clinic know them already? Then ask the clinic to let you book for them.</p>
    </section>
  );
}
