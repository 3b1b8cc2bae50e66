import { useMutation, useSubscription } from "@apollo/client/react";
import { useState } from "react";
import { longDay, shortTime } from "./dates";
import { Alert, problemsIn, problemsOf, saidBy, type Problem } from "./Form";
import { graphql } from "./gql";
import type { VisitPartsFragment } from "./gql/graphql";
import { Avatar } from "./Avatar";
import { Alternatives, Slots, type Refusal, type Slot } from "./Slots";

export const VisitParts = graphql(`fragment VisitParts on Appointment {
  id date time status reasonForVisit cancellationReason
  doctor { id specialty user { id firstName lastName avatarUrl } }
  patient { id user { id firstName lastName avatarUrl } }
}`);
const Confirm = graphql(`mutation Confirm($input: ConfirmAppointmentInput!) {
  answer: confirmAppointment(input: $input) { __typename ...VisitParts ...Problems }
}`);
const Complete = graphql(`mutation Complete($input: CompleteAppointmentInput!) {
  answer: completeAppointment(input: $input) { __typename ...VisitParts ...Problems }
}`);
const Cancel = graphql(`mutation Cancel($input: CancelAppointmentInput!) {
  answer: cancelAppointment(input: $input) { __typename ...VisitParts ...Problems }
}`);
const Reschedule = graphql(`mutation Reschedule($input: RescheduleAppointmentInput!) {
  answer: rescheduleAppointment(input: $input) { __typename ...VisitParts ...Unavailable ...Problems }
}`);
const AppointmentChanged = graphql(`subscription AppointmentChanged { appointmentChanged { id date time status } }`);

/** Hear of one's visits as they change: known ones are merged into the cache, for new ones `refetch` asks. */
export const useChanges = (refetch: () => unknown) =>
  useSubscription(AppointmentChanged, { onData: () => void refetch() });

type VisitProps = { visit: VisitPartsFragment; today: string; asDoctor?: boolean };

/** One visit, as its patient or its doctor sees it, and what can be done with it. */
export function Visit({ visit, today, asDoctor = false }: VisitProps) {
  const { id, date, time, status, doctor } = visit;
  const [isMoving, setIsMoving] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [confirm] = useMutation(Confirm);
  const [complete] = useMutation(Complete);
  const [cancel] = useMutation(Cancel);
  const [reschedule] = useMutation(Reschedule);
  const variables = { input: { id } };
  const isExpected = id.startsWith("expected:");
  const isLive = !isExpected && (status === "PENDING" || status === "CONFIRMED") && (asDoctor || date >= today);
  const other = asDoctor ? visit.patient.user : doctor.user;

  async function moveTo({ date, time }: Slot) {
    setIsMoving(false);
    const answer = (await reschedule({ variables: { input: { id, date, time } } })).data!.answer;
    setRefusal(answer.__typename === "SlotUnavailable" ? answer : null);
    return problemsIn(answer);
  }
  const show = (doing: Promise<Problem[]>) => void doing.catch(saidBy).then(setProblems);
  const pick = (slot: Slot) => show(moveTo(slot));

  return (
    <article className="card visit" aria-busy={isExpected} aria-label={`${longDay(date)}, ${shortTime(time)}`}>
      <div className="row">
        <Avatar person={other} />
        <div>
          <strong>{!asDoctor && `${longDay(date)}, `}{shortTime(time)}</strong>
          <div>{asDoctor ? "" : "Dr. "}{other.firstName} {other.lastName}</div>
        </div>
        <span className={`status ${status.toLowerCase()}`}>{isExpected ? "booking…" : status.toLowerCase()}</span>
      </div>
      {visit.reasonForVisit && <p className="hint">{visit.reasonForVisit}</p>}
      {visit.cancellationReason && <p className="hint">Called off: {visit.cancellationReason}</p>}
      {isLive && (
        <p className="row">
          {asDoctor && (status === "PENDING"
            ? <button className="primary" onClick={() => show(problemsOf(confirm({ variables })))}>Confirm</button>
            : <button className="primary" onClick={() => show(problemsOf(complete({ variables })))}>Complete</button>)}
          <button aria-expanded={isMoving} onClick={() => setIsMoving(!isMoving)}>Reschedule</button>
          <button className="danger" onClick={() => show(problemsOf(cancel({ variables })))}>Cancel visit</button>
        </p>
      )}
      <Alert problems={problems} />
      {refusal && <Alternatives refusal={refusal} onPick={pick} />}
      {isMoving && <Slots doctorId={doctor.id} today={today} moving={id} onPick={pick} />}
    </article>
  );
}
