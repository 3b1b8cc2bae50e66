import { useMutation, useSubscription } from "@apollo/client/react";
import { use, useRef, useState } from "react";
import { CancelAction, DoctorsActions } from "./Actions";
import { Alert } from "./Alert";
import { Avatar } from "./Avatar";
import { longDay, longMoment, shortTime, TimeZone } from "./dates";
import { graphql } from "./gql";
import type { AppointmentFieldsFragment } from "./gql/graphql";
import { History } from "./History";
import { doctorName, labelOf, nameOf } from "./labels";
import { problemFrom, problemsIn, type Problem } from "./problems";
import { Alternatives, Slots, type Conflict, type Slot } from "./Slots";

export const AppointmentFields = graphql(`fragment AppointmentFields on Appointment {
  id date time durationMinutes status reasonForVisit cancellationReason arrivedAt changeableUntil
  appointmentType { id name description }
  doctor { id specialty user { id firstName lastName avatarUrl } }
  patient { id user { id firstName lastName avatarUrl } }
}`);
const Reschedule = graphql(`mutation Reschedule($input: RescheduleAppointmentInput!) {
  answer: rescheduleAppointment(input: $input) { __typename ...AppointmentFields ...Unavailable ...Problems }
}`);
const AppointmentChanged = graphql(`subscription AppointmentChanged { appointmentChanged { id date time status } }`);

/** Update the cache when an appointment changes. New appointments are not in the cache: `refetch` loads them. */
export const useAppointmentChanges = (refetch: () => unknown) =>
  useSubscription(AppointmentChanged, { onData: () => void refetch() });

export type AppointmentProps = {
  appointment: AppointmentFieldsFragment;
  today: string;
  /** Show it as its doctor or the doctor's assistant sees it. */
  asDoctor?: boolean;
  /** Say for whom it is, because the user books for several patients. */
  withPatient?: boolean;
};

/** One appointment with its actions. */
export function Appointment({ appointment, today, asDoctor = false, withPatient = false }: AppointmentProps) {
  const { id, date, time, status, doctor, patient, appointmentType, arrivedAt, changeableUntil } = appointment;
  const timeZone = use(TimeZone);
  const [isMoving, setIsMoving] = useState(false);
  const [showsHistory, setShowsHistory] = useState(false);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [reschedule] = useMutation(Reschedule);
  const isOptimistic = id.startsWith("optimistic:");
  const canChange = !isOptimistic && (status === "PENDING" || status === "CONFIRMED") && (asDoctor || date >= today);

  async function moveTo({ date, time }: Slot) {
    setIsMoving(false);
    const answer = (await reschedule({ variables: { input: { id, date, time } } })).data!.answer;
    setConflict(answer.__typename === "SlotUnavailable" ? answer : null);
    return problemsIn(answer);
  }
  const latest = useRef<Promise<Problem[]>>(null);
  function show(result: Promise<Problem[]>) {
    latest.current = result;
    // Another action can have been started by a live update that came before this answer: its problems stay.
    void result.catch(problemFrom).then((found) => latest.current === result && setProblems(found));
  }
  const pick = (slot: Slot) => show(moveTo(slot));

  return (
    <article className="card" aria-busy={isOptimistic} aria-label={`${longDay(date)}, ${shortTime(time)}`}>
      <div className="row">
        <Avatar person={asDoctor ? patient.user : doctor.user} />
        <div>
          <strong>{!asDoctor && `${longDay(date)}, `}{shortTime(time)}</strong>
          <div>{asDoctor ? nameOf(patient.user) : doctorName(doctor)}</div>
        </div>
        <span className={`status ${status.toLowerCase()}`}>{isOptimistic ? "booking…" : labelOf(status)}</span>
      </div>
      {withPatient && <p>For <strong>{nameOf(patient.user)}</strong></p>}
      <p>{appointmentType && `${appointmentType.name}, `}{appointment.durationMinutes} minutes</p>
      {appointmentType?.description && canChange && !asDoctor && <p className="hint text">{appointmentType.description}</p>}
      {appointment.reasonForVisit && <p className="hint">{appointment.reasonForVisit}</p>}
      {appointment.cancellationReason && <p className="hint">Cancelled: {appointment.cancellationReason}</p>}
      {arrivedAt && <p className="hint">Arrived: {longMoment(arrivedAt, timeZone)}</p>}
      {canChange && !asDoctor && (
        <p className="hint">Can be cancelled or rescheduled until {longMoment(changeableUntil, timeZone)}.</p>
      )}
      <div className="row">
        {canChange && (
          <>
            {asDoctor && <DoctorsActions appointment={appointment} today={today} show={show} />}
            <button aria-expanded={isMoving} onClick={() => setIsMoving(!isMoving)}>Reschedule</button>
            <CancelAction appointment={appointment} />
          </>
        )}
        {!isOptimistic && (
          <button className="link" aria-expanded={showsHistory} onClick={() => setShowsHistory(!showsHistory)}>History</button>
        )}
      </div>
      {/* The key changes with the appointment, so that a change loads the history again. */}
      {showsHistory && <History key={`${status} ${date} ${time} ${arrivedAt}`} id={id} />}
      <Alert problems={problems} />
      {conflict && <Alternatives conflict={conflict} onPick={pick} />}
      {isMoving && <Slots doctorId={doctor.id} today={today} moving={id} onPick={pick} />}
    </article>
  );
}

type ListProps = Omit<AppointmentProps, "appointment"> & { label: string; appointments: AppointmentFieldsFragment[] };
export const AppointmentList = ({ label, appointments, ...props }: ListProps) => (
  <ul className="list" aria-label={label} aria-live="polite">
    {appointments.map((appointment) => <li key={appointment.id}><Appointment appointment={appointment} {...props} /></li>)}
  </ul>
);
