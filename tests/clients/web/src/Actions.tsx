import { useMutation } from "@apollo/client/react";
import { AskFirst } from "./AskFirst";
import { longDay, shortTime } from "./dates";
import { Field } from "./Form";
import { graphql } from "./gql";
import type { AppointmentFieldsFragment } from "./gql/graphql";
import { doctorName, nameOf } from "./labels";
import { problemsOf, type Problem } from "./problems";

const Confirm = graphql(`mutation Confirm($input: ConfirmAppointmentInput!) {
  answer: confirmAppointment(input: $input) { __typename ...AppointmentFields ...Problems }
}`);
const Complete = graphql(`mutation Complete($input: CompleteAppointmentInput!) {
  answer: completeAppointment(input: $input) { __typename ...AppointmentFields ...Problems }
}`);
const RecordArrival = graphql(`mutation RecordArrival($input: RecordArrivalInput!) {
  answer: recordArrival(input: $input) { __typename ...AppointmentFields ...Problems }
}`);
const RecordNoShow = graphql(`mutation RecordNoShow($input: RecordNoShowInput!) {
  answer: recordNoShow(input: $input) { __typename ...AppointmentFields ...Problems }
}`);
const Cancel = graphql(`mutation Cancel($input: CancelAppointmentInput!) {
  answer: cancelAppointment(input: $input) { __typename ...AppointmentFields ...Problems }
}`);

type ActionProps = { appointment: AppointmentFieldsFragment; show: (problems: Promise<Problem[]>) => void };

/** What a doctor and the doctor's assistants can record. */
export function DoctorsActions({ appointment, today, show }: ActionProps & { today: string }) {
  const { id, date, status, arrivedAt } = appointment;
  const [confirm] = useMutation(Confirm);
  const [complete] = useMutation(Complete);
  const [recordArrival] = useMutation(RecordArrival);
  const [recordNoShow] = useMutation(RecordNoShow);
  const variables = { input: { id } };
  if (status === "PENDING")
    return <button className="primary" onClick={() => show(problemsOf(confirm({ variables })))}>Confirm</button>;
  return (
    <>
      <button className="primary" onClick={() => show(problemsOf(complete({ variables })))}>Complete</button>
      {date === today && !arrivedAt && (
        <button onClick={() => show(problemsOf(recordArrival({ variables })))}>Has arrived</button>
      )}
      <button onClick={() => show(problemsOf(recordNoShow({ variables })))}>Did not come</button>
    </>
  );
}

/** Cancels an appointment after a question. */
export function CancelAction({ appointment: { id, date, time, doctor, patient } }: Omit<ActionProps, "show">) {
  const [cancel] = useMutation(Cancel);
  return (
    <AskFirst label="Cancel appointment" question="Cancel this appointment?" yes="Yes, cancel it" no="Keep it"
      onYes={({ reason = "" }) => problemsOf(cancel({ variables: { input: { id, reason } } }))}>
      <p>{nameOf(patient.user)} with {doctorName(doctor)}, {longDay(date)}, {shortTime(time)}</p>
      <Field name="reason" label="Reason (optional). Patient and doctor can read it." />
    </AskFirst>
  );
}
