import type { ApolloCache } from "@apollo/client";
import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Avatar } from "./Avatar";
import { longDay, shortTime } from "./dates";
import { Alert, Field, Form, problemsIn, saidBy, Waiting, type Problem } from "./Form";
import { graphql, makeFragmentData, unmask } from "./gql";
import type { BookMutation, MeQuery } from "./gql/graphql";
import { Alternatives, Slots, type Refusal, type Slot } from "./Slots";
import { VisitParts } from "./Visit";
import { isComing, MyVisits, VisitList } from "./Visits";

const DoctorToBook = graphql(`query DoctorToBook($id: ID!) {
  doctor(id: $id) { id specialty experienceYears user { id firstName lastName avatarUrl } }
}`);
const Book = graphql(`mutation Book($input: CreateAppointmentInput!) {
  answer: createAppointment(input: $input) { __typename ...VisitParts ...Unavailable ...Problems }
}`);

// One key a wish: sent again because the answer was lost, it books nothing twice.
type Wish = Slot & { key: string };
const wishFor = ({ date, time }: Slot): Wish => ({ date, time, key: crypto.randomUUID() });

function addVisit(cache: ApolloCache, answer: BookMutation["answer"]) {
  if (answer.__typename !== "Appointment") return;
  cache.updateQuery({ query: MyVisits }, (visits) => visits && {
    appointments: { ...visits.appointments, edges: [{ node: answer }, ...visits.appointments.edges] },
  });
}

type BookingProps = { doctorId: string; today: string; me: MeQuery["me"] };

export function Booking({ doctorId, today, me }: BookingProps) {
  const { data, error } = useQuery(DoctorToBook, { variables: { id: doctorId } });
  const mine = useQuery(MyVisits).data?.appointments.edges ?? [];
  const [book] = useMutation(Book);
  const [wish, setWish] = useState<Wish | null>(null);
  const [reason, setReason] = useState("");
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  if (!data) return <Waiting error={error} />;
  const doctor = data.doctor;
  if (!doctor) return <p role="status">This doctor cannot be booked.</p>;

  /** The visit as it will be if all goes well; shown until the server has answered. */
  const expected = ({ key, date, time }: Wish, reasonForVisit: string) => {
    const state = { status: "PENDING" as const, reasonForVisit, cancellationReason: null };
    const visit = { id: `expected:${key}`, date, time, ...state, doctor, patient: me.patient! };
    return { __typename: "Appointment" as const, ...makeFragmentData(visit, VisitParts) };
  };
  async function send(wish: Wish, reasonForVisit: string) {
    const { key: idempotencyKey, date, time } = wish;
    setReason(reasonForVisit);
    setRefusal(null);
    const { data } = await book({
      variables: { input: { doctorId, date, time, reasonForVisit, idempotencyKey } },
      optimisticResponse: { answer: expected(wish, reasonForVisit) },
      update: (cache, { data }) => addVisit(cache, data!.answer),
    });
    const answer = data!.answer;
    if (answer.__typename !== "OperationInfo") setWish(null);
    if (answer.__typename === "SlotUnavailable") setRefusal(answer);
    return problemsIn(answer);
  }
  const choose = (slot: Slot) => { setWish(wishFor(slot)); setRefusal(null); setProblems([]); };
  const takeInstead = (slot: Slot) => void send(wishFor(slot), reason).catch(saidBy).then(setProblems);
  const visits = mine.map(({ node }) => unmask(VisitParts, node))
    .filter((visit) => visit.doctor.id === doctorId && isComing(visit, today));

  return (
    <>
      <div className="row">
        <Avatar person={doctor.user} />
        <div>
          <h1>Dr. {doctor.user.firstName} {doctor.user.lastName}</h1>
          <p>{doctor.specialty} · {doctor.experienceYears} years in practice</p>
        </div>
      </div>
      <div className="columns">
        <Slots doctorId={doctorId} today={today} onPick={choose} picked={wish} />
        <aside>
          {refusal && <Alternatives refusal={refusal} onPick={takeInstead} />}
          <Alert problems={problems} />
          {wish && (
            <section className="card" aria-label="Your booking">
              <h2>{longDay(wish.date)}, {shortTime(wish.time)}</h2>
              <Form key={wish.key} action="Book this visit"
                onSubmit={({ reasonForVisit = "" }) => send(wish, reasonForVisit)}>
                <Field name="reasonForVisit" label="What is it about?" defaultValue={reason} autoFocus />
              </Form>
            </section>
          )}
          {!wish && !refusal && visits.length === 0 && <p className="hint">Pick a time to book a visit.</p>}
          {visits.length > 0 && <h2>Your visits here</h2>}
          <VisitList label="Your visits here" visits={visits} today={today} />
        </aside>
      </div>
    </>
  );
}
