import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { addDays, longDay } from "./dates";
import { Loading } from "./Form";
import { graphql, unmask } from "./gql";
import type { AppointmentFieldsFragment } from "./gql/graphql";
import { Appointment, AppointmentFields, useAppointmentChanges } from "./Appointment";
import { Title } from "./Title";

export const MyAppointments = graphql(`query MyAppointments {
  appointments(ordering: [{ date: DESC }, { time: DESC }], first: 50) { edges { node { ...AppointmentFields } } }
}`);
const MyDay = graphql(`query MyDay($day: Date!) {
  appointments(filters: { date: { exact: $day } }, first: 100) { edges { node { ...AppointmentFields } } }
}`);

export const isUpcoming = ({ date, status }: AppointmentFieldsFragment, today: string) =>
  date >= today && (status === "PENDING" || status === "CONFIRMED");

type ListProps = { label: string; appointments: AppointmentFieldsFragment[]; today: string; asDoctor?: boolean };
export const AppointmentList = ({ label, appointments, ...props }: ListProps) => (
  <ul className="list" aria-label={label} aria-live="polite">
    {appointments.map((appointment) => <li key={appointment.id}><Appointment appointment={appointment} {...props} /></li>)}
  </ul>
);

/** The signed-in patient's appointments. */
export function Appointments({ today }: { today: string }) {
  const { data, error, refetch } = useQuery(MyAppointments, { fetchPolicy: "cache-and-network" });
  useAppointmentChanges(refetch);
  if (!data) return <Loading error={error} />;
  const appointments = data.appointments.edges.map(({ node }) => unmask(AppointmentFields, node));
  const upcoming = appointments.filter((appointment) => isUpcoming(appointment, today)).reverse();
  const past = appointments.filter((appointment) => !isUpcoming(appointment, today));
  return (
    <>
      <Title>My appointments</Title>
      <h1>My appointments</h1>
      {upcoming.length === 0 && <p>You have no upcoming appointments. <a href="#/">Find a doctor</a></p>}
      <AppointmentList label="Upcoming appointments" appointments={upcoming} today={today} />
      {past.length > 0 && <h2>Past and cancelled</h2>}
      <AppointmentList label="Past and cancelled appointments" appointments={past} today={today} />
    </>
  );
}

/** The signed-in doctor's appointments of one day, updated live. */
export function Day({ today }: { today: string }) {
  const [day, setDay] = useState(today);
  const { data, error, refetch } = useQuery(MyDay, { variables: { day }, fetchPolicy: "cache-and-network" });
  useAppointmentChanges(refetch);
  const appointments = data?.appointments.edges.map(({ node }) => unmask(AppointmentFields, node));
  return (
    <>
      <Title>{longDay(day)}</Title>
      <div className="row">
        <h1>{longDay(day)}</h1>
        <button aria-label="Previous day" onClick={() => setDay(addDays(day, -1))}>‹</button>
        <button disabled={day === today} onClick={() => setDay(today)}>Today</button>
        <button aria-label="Next day" onClick={() => setDay(addDays(day, 1))}>›</button>
      </div>
      {appointments?.length === 0 && <p role="status">No appointments on this day.</p>}
      {appointments ? <AppointmentList label="Appointments" appointments={appointments} today={today} asDoctor /> : <Loading error={error} />}
    </>
  );
}
