import type { ApolloCache } from "@apollo/client";
import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { AppointmentFields } from "./Appointment";
import { AppointmentList, isUpcoming, MyAppointments } from "./Appointments";
import { Avatar } from "./Avatar";
import { longDay, shortTime } from "./dates";
import { Alert, Field, Form, Loading, problemFrom, problemsIn, type Problem } from "./Form";
import { graphql, makeFragmentData, unmask } from "./gql";
import type { BookMutation, MeQuery } from "./gql/graphql";
import { Alternatives, Slots, type Conflict, type Slot } from "./Slots";
import { Title } from "./Title";

const DoctorToBook = graphql(`query DoctorToBook($id: ID!) {
  doctor(id: $id) { id specialty experienceYears user { id firstName lastName avatarUrl } }
}`);
const Book = graphql(`mutation Book($input: CreateAppointmentInput!) {
  answer: createAppointment(input: $input) { __typename ...AppointmentFields ...Unavailable ...Problems }
}`);

// Each request has its own key, so that a retry after a lost response does not book twice.
type BookingRequest = Slot & { key: string };
const requestFor = ({ date, time }: Slot): BookingRequest => ({ date, time, key: crypto.randomUUID() });

function addAppointment(cache: ApolloCache, answer: BookMutation["answer"]) {
  if (answer.__typename !== "Appointment") return;
  cache.updateQuery({ query: MyAppointments }, (data) => data && {
    appointments: { ...data.appointments, edges: [{ node: answer }, ...data.appointments.edges] },
  });
}

type BookingProps = { doctorId: string; today: string; me: MeQuery["me"] };

export function Booking({ doctorId, today, me }: BookingProps) {
  const { data, error } = useQuery(DoctorToBook, { variables: { id: doctorId } });
  const myEdges = useQuery(MyAppointments).data?.appointments.edges ?? [];
  const [book] = useMutation(Book);
  const [request, setRequest] = useState<BookingRequest | null>(null);
  const [reason, setReason] = useState("");
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  if (!data) return <Loading error={error} />;
  const doctor = data.doctor;
  if (!doctor) return <p role="status">This doctor cannot be booked.</p>;
  const name = `Dr. ${doctor.user.firstName} ${doctor.user.lastName}`;

  /** The appointment as booked, shown until the server has answered. */
  const optimistic = ({ key, date, time }: BookingRequest, reasonForVisit: string) => {
    const state = { status: "PENDING" as const, reasonForVisit, cancellationReason: null };
    const appointment = { id: `optimistic:${key}`, date, time, ...state, doctor, patient: me.patient! };
    return { __typename: "Appointment" as const, ...makeFragmentData(appointment, AppointmentFields) };
  };
  async function send(request: BookingRequest, reasonForVisit: string) {
    const { key: idempotencyKey, date, time } = request;
    setReason(reasonForVisit);
    setConflict(null);
    const { data } = await book({
      variables: { input: { doctorId, date, time, reasonForVisit, idempotencyKey } },
      optimisticResponse: { answer: optimistic(request, reasonForVisit) },
      update: (cache, { data }) => addAppointment(cache, data!.answer),
    });
    const answer = data!.answer;
    if (answer.__typename !== "OperationInfo") setRequest(null);
    if (answer.__typename === "SlotUnavailable") setConflict(answer);
    return problemsIn(answer);
  }
  const choose = (slot: Slot) => { setRequest(requestFor(slot)); setConflict(null); setProblems([]); };
  const bookAlternative = (slot: Slot) => void send(requestFor(slot), reason).catch(problemFrom).then(setProblems);
  const appointments = myEdges.map(({ node }) => unmask(AppointmentFields, node))
    .filter((appointment) => appointment.doctor.id === doctorId && isUpcoming(appointment, today));

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
      <div className="columns">
        <Slots doctorId={doctorId} today={today} onPick={choose} picked={request} />
        <aside>
          {conflict && <Alternatives conflict={conflict} onPick={bookAlternative} />}
          <Alert problems={problems} />
          {request && (
            <section className="card" aria-label="Your booking">
              <h2>{longDay(request.date)}, {shortTime(request.time)}</h2>
              <Form key={request.key} action="Book this appointment"
                onSubmit={({ reasonForVisit = "" }) => send(request, reasonForVisit)}>
                <Field name="reasonForVisit" label="What is it about?" defaultValue={reason} autoFocus />
              </Form>
            </section>
          )}
          {!request && !conflict && appointments.length === 0 && <p className="hint">Choose a time to book an appointment.</p>}
          {appointments.length > 0 && <h2>Your appointments with this doctor</h2>}
          <AppointmentList label="Your appointments with this doctor" appointments={appointments} today={today} />
        </aside>
      </div>
    </>
  );
}
