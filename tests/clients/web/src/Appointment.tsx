import { useMutation, useSubscription } from "@apollo/client/react";
import { useState } from "react";
import { longDay, shortTime } from "./dates";
import { Alert, problemFrom, problemsIn, problemsOf, type Problem } from "./Form";
import { graphql } from "./gql";
import type { AppointmentFieldsFragment } from "./gql/graphql";
import { Avatar } from "./Avatar";
import { Alternatives, Slots, type Conflict, type Slot } from "./Slots";

export const AppointmentFields = graphql(`fragment AppointmentFields on Appointment {
  id date time status reasonForVisit cancellationReason
  doctor { id specialty user { id firstName lastName avatarUrl } }
  patient { id user { id firstName lastName avatarUrl } }
}`);
const Confirm = graphql(`mutation Confirm($input: ConfirmAppointmentInput!) {
  answer: confirmAppointment(input: $input) { __typename ...AppointmentFields ...Problems }
}`);
const Complete = graphql(`mutation Complete($input: CompleteAppointmentInput!) {
  answer: completeAppointment(input: $input) { __typename ...AppointmentFields ...Problems }
}`);
const Cancel = graphql(`mutation Cancel($input: CancelAppointmentInput!) {
  answer: cancelAppointment(input: $input) { __typename ...AppointmentFields ...Problems }
}`);
const Reschedule = graphql(`mutation Reschedule($input: RescheduleAppointmentInput!) {
  answer: rescheduleAppointment(input: $input) { __typename ...AppointmentFields ...Unavailable ...Problems }
}`);
const AppointmentChanged = graphql(`subscription AppointmentChanged { appointmentChanged { id date time status } }`);

/** Update the cache when an appointment changes. New appointments are not in the cache: `refetch` loads them. */
export const useAppointmentChanges = (refetch: () => unknown) =>
  useSubscription(AppointmentChanged, { onData: () => void refetch() });

type AppointmentProps = { appointment: AppointmentFieldsFragment; today: string; asDoctor?: boolean };

/** One appointment with its actions, as seen by its patient or its doctor. */
export function Appointment({ appointment, today, asDoctor = false }: AppointmentProps) {
  const { id, date, time, status, doctor } = appointment;
  const [isMoving, setIsMoving] = useState(false);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [confirm] = useMutation(Confirm);
  const [complete] = useMutation(Complete);
  const [cancel] = useMutation(Cancel);
  const [reschedule] = useMutation(Reschedule);
  const variables = { input: { id } };
  const isOptimistic = id.startsWith("optimistic:");
  const canChange = !isOptimistic && (status === "PENDING" || status === "CONFIRMED") && (asDoctor || date >= today);
  const other = asDoctor ? appointment.patient.user : doctor.user;

  async function moveTo({ date, time }: Slot) {
    setIsMoving(false);
    const answer = (await reschedule({ variables: { input: { id, date, time } } })).data!.answer;
    setConflict(answer.__typename === "SlotUnavailable" ? answer : null);
    return problemsIn(answer);
  }
  const show = (result: Promise<Problem[]>) => void result.catch(problemFrom).then(setProblems);
  const pick = (slot: Slot) => show(moveTo(slot));

  return (
    <article className="card" aria-busy={isOptimistic} aria-label={`${longDay(date)}, ${shortTime(time)}`}>
      <div className="row">
        <Avatar person={other} />
        <div>
          <strong>{!asDoctor && `${longDay(date)}, `}{shortTime(time)}</strong>
          <div>{asDoctor ? "" : "Dr. "}{other.firstName} {other.lastName}</div>
        </div>
        <span className={`status ${status.toLowerCase()}`}>{isOptimistic ? "booking…" : status.toLowerCase()}</span>
      </div>
      {appointment.reasonForVisit && <p className="hint">{appointment.reasonForVisit}</p>}
      {appointment.cancellationReason && <p className="hint">Cancelled: {appointment.cancellationReason}</p>}
      {canChange && (
        <p className="row">
          {asDoctor && (status === "PENDING"
            ? <button className="primary" onClick={() => show(problemsOf(confirm({ variables })))}>Confirm</button>
            : <button className="primary" onClick={() => show(problemsOf(complete({ variables })))}>Complete</button>)}
          <button aria-expanded={isMoving} onClick={() => setIsMoving(!isMoving)}>Reschedule</button>
          <button className="danger" onClick={() => show(problemsOf(cancel({ variables })))}>Cancel appointment</button>
        </p>
      )}
      <Alert problems={problems} />
      {conflict && <Alternatives conflict={conflict} onPick={pick} />}
      {isMoving && <Slots doctorId={doctor.id} today={today} moving={id} onPick={pick} />}
    </article>
  );
}
