import type { ApolloCache } from "@apollo/client";
import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Alert, Loading } from "../Alert";
import { AppointmentFields, AppointmentList } from "../Appointment";
import { Avatar } from "../Avatar";
import { duration, longDay, shortTime } from "../dates";
import { Field, Form } from "../Form";
import { graphql, makeFragmentData, unmask } from "../gql";
import type { BookMutation, DoctorToBookQuery, MeQuery } from "../gql/graphql";
import { doctorName, nameOf } from "../labels";
import { PatientChoice } from "../PatientChoice";
import { problemFrom, problemsIn, type Problem } from "../problems";
import { Alternatives, Slots, type Conflict, type Slot } from "../Slots";
import { Title } from "../Title";
import { isUpcoming, MyAppointments } from "./Appointments";

const DoctorToBook = graphql(`query DoctorToBook($id: ID!) {
  doctor(id: $id) {
    id specialty experienceYears
    user { id firstName lastName avatarUrl }
    appointmentTypes { id name description durationMinutes confirmation bookableBy cancellationNoticeMinutes }
  }
}`);
const Book = graphql(`mutation Book($input: CreateAppointmentInput!) {
  answer: createAppointment(input: $input) { __typename ...AppointmentFields ...Unavailable ...Problems }
}`);

// Each request has its own key, so that a retry after a lost response does not book twice.
type BookingRequest = Slot & { key: string };
const requestFor = ({ date, time, durationMinutes }: Slot): BookingRequest =>
  ({ date, time, durationMinutes, key: crypto.randomUUID() });

const isSameTime = (one: Slot, other: Slot) => one.date === other.date && one.time === other.time;

type AppointmentType = NonNullable<DoctorToBookQuery["doctor"]>["appointmentTypes"][number];
type TypesProps = { types: AppointmentType[]; chosen: AppointmentType; onChoose: (id: string) => void };

/** The types of appointment that a patient can book with this doctor, and what to know about the chosen one. */
const Types = ({ types, chosen, onChoose }: TypesProps) => (
  <fieldset className="card types">
    <legend>Type of appointment</legend>
    {types.map(({ id, name, durationMinutes }) => (
      <label key={id} className="row">
        <input type="radio" name="type" checked={id === chosen.id} onChange={() => onChoose(id)} />
        {name}, {durationMinutes} minutes
      </label>
    ))}
    {chosen.description && <p className="hint text">{chosen.description}</p>}
    <p className="hint">
      {chosen.confirmation === "AUTOMATIC" ? "Confirmed at once." : "The doctor confirms each request."}
      {chosen.cancellationNoticeMinutes > 0 &&
        ` Can be cancelled or rescheduled until ${duration(chosen.cancellationNoticeMinutes)} before.`}
    </p>
  </fieldset>
);

function addAppointment(cache: ApolloCache, patientId: string, answer: BookMutation["answer"]) {
  if (answer.__typename !== "Appointment") return;
  cache.updateQuery({ query: MyAppointments, variables: { patientId } }, (data) => data && {
    appointments: { ...data.appointments, edges: [{ node: answer }, ...data.appointments.edges] },
  });
}

type BookingProps = { doctorId: string; today: string; me: MeQuery["me"] };

export function Booking({ doctorId, today, me }: BookingProps) {
  const { data, error } = useQuery(DoctorToBook, { variables: { id: doctorId } });
  const [patientId, setPatientId] = useState(me.patients[0]!.id);
  const { data: booked } = useQuery(MyAppointments, { variables: { patientId } });
  const [book] = useMutation(Book);
  const [typeId, setTypeId] = useState<string | null>(null);
  const [request, setRequest] = useState<BookingRequest | null>(null);
  const [reason, setReason] = useState("");
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  if (!data) return <Loading error={error} />;
  const doctor = data.doctor;
  if (!doctor) return <p role="status">This doctor cannot be booked.</p>;
  const name = doctorName(doctor);
  const patient = me.patients.find(({ id }) => id === patientId)!;
  // The first one is the doctor's default. A doctor without any types is booked in slots of one length.
  const types = doctor.appointmentTypes.filter(({ bookableBy }) => bookableBy === "PATIENTS");
  const type = types.find(({ id }) => id === typeId) ?? types[0];
  if (!type && doctor.appointmentTypes.length > 0)
    return <p role="status">{name} cannot be booked online. Please call the clinic.</p>;

  /** The appointment as booked, shown until the server has answered. */
  const optimistic = ({ key, ...slot }: BookingRequest, reasonForVisit: string) => {
    const status = type?.confirmation === "AUTOMATIC" ? ("CONFIRMED" as const) : ("PENDING" as const);
    const state = { status, reasonForVisit, cancellationReason: null, arrivedAt: null, appointmentType: type ?? null };
    // Not shown until the server has answered.
    const changeableUntil = `${slot.date}T${slot.time}Z`;
    const appointment = { id: `optimistic:${key}`, ...slot, ...state, changeableUntil, doctor, patient };
    return { __typename: "Appointment" as const, ...makeFragmentData(appointment, AppointmentFields) };
  };
  async function send(request: BookingRequest, reasonForVisit: string) {
    const { key: idempotencyKey, date, time } = request;
    setReason(reasonForVisit);
    setConflict(null);
    const { data } = await book({
      variables: { input: { doctorId, patientId, appointmentTypeId: type?.id ?? null, date, time, reasonForVisit, idempotencyKey } },
      optimisticResponse: { answer: optimistic(request, reasonForVisit) },
      update: (cache, { data }) => addAppointment(cache, patientId, data!.answer),
    });
    const answer = data!.answer;
    if (answer.__typename !== "OperationInfo") setRequest(null);
    if (answer.__typename === "SlotUnavailable") setConflict(answer);
    return problemsIn(answer);
  }
  const start = (next: BookingRequest | null) => { setRequest(next); setConflict(null); setProblems([]); };
  /** Keep the key if the time is picked again: the first request may have booked it, but its response was lost. */
  const choose = (slot: Slot) => start(request && isSameTime(request, slot) ? request : requestFor(slot));
  function bookAlternative(slot: Slot) {
    const next = requestFor(slot);
    start(next);
    void send(next, reason).catch(problemFrom).then(setProblems);
  }
  const chooseType = (id: string) => { setTypeId(id); start(null); };
  const choosePatient = (id: string | null) => { setPatientId(id!); start(null); };
  const appointments = (booked?.appointments.edges ?? []).map(({ node }) => unmask(AppointmentFields, node))
    .filter((appointment) => appointment.doctor.id === doctorId && isUpcoming(appointment, today));
  const isForSeveral = me.patients.length > 1;

  return (
    <>
      <Title>{name}</Title>
      <div className="row">
        <Avatar person={doctor.user} />
        <div>
          <h1>{name}</h1>
          <p>{doctor.specialty} · {doctor.experienceYears} years in practice</p>
        </div>
      </div>
      <PatientChoice legend="For whom" me={me} chosen={patientId} onChoose={choosePatient} />
      {type && <Types types={types} chosen={type} onChoose={chooseType} />}
      <div className="columns">
        <Slots doctorId={doctorId} today={today} typeId={type?.id} patientId={patientId} onPick={choose} picked={request} />
        <aside>
          {conflict && <Alternatives conflict={conflict} onPick={bookAlternative} />}
          <Alert problems={problems} />
          {request && (
            <section className="card" aria-label="Your booking">
              <h2>{longDay(request.date)}, {shortTime(request.time)}</h2>
              <p>{type && `${type.name}, `}{request.durationMinutes} minutes{isForSeveral && `, for ${nameOf(patient.user)}`}</p>
              <Form key={request.key} action="Book this appointment"
                onSubmit={({ reasonForVisit = "" }) => send(request, reasonForVisit)}>
                <Field name="reasonForVisit" label="What is it about?" defaultValue={reason} autoFocus />
              </Form>
            </section>
          )}
          {!request && !conflict && appointments.length === 0 && <p className="hint">Choose a time to book an appointment.</p>}
          {appointments.length > 0 && <h2>Appointments with this doctor</h2>}
          <AppointmentList label="Appointments with this doctor" appointments={appointments} today={today} withPatient={isForSeveral} />
        </aside>
      </div>
    </>
  );
}
