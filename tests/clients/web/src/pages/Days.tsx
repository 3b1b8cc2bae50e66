import { useApolloClient, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Loading } from "../Alert";
import { AppointmentFields, AppointmentList, useAppointmentChanges } from "../Appointment";
import { addDays, longDay } from "../dates";
import { graphql, unmask } from "../gql";
import type { MeQuery } from "../gql/graphql";
import { doctorName } from "../labels";
import { Title } from "../Title";

const DoctorsDay = graphql(`query DoctorsDay($doctorId: ID!, $day: Date!) {
  appointments(filters: { doctorId: $doctorId, date: { exact: $day } }, first: 100) { edges { node { ...AppointmentFields } } }
}`);

/** One day of the signed-in doctor, and of the doctors whom the user assists, updated live. */
export function Days({ today, me }: { today: string; me: MeQuery["me"] }) {
  const [day, setDay] = useState(today);
  const client = useApolloClient();
  useAppointmentChanges(() => client.refetchQueries({ include: [DoctorsDay] }));
  const doctors = [...(me.doctor ? [me.doctor] : []), ...me.assistedDoctors];
  return (
    <>
      <Title>{longDay(day)}</Title>
      <div className="row day">
        <h1>{longDay(day)}</h1>
        <button aria-label="Previous day" onClick={() => setDay(addDays(day, -1))}>‹</button>
        <button disabled={day === today} onClick={() => setDay(today)}>Today</button>
        <button aria-label="Next day" onClick={() => setDay(addDays(day, 1))}>›</button>
      </div>
      {doctors.length === 0 && <p role="status">You have no doctor profile yet.</p>}
      <div className="days">
        {doctors.map((doctor) => (
          <section key={doctor.id} aria-label={doctorName(doctor)}>
            {doctors.length > 1 && <h2>{doctorName(doctor)}</h2>}
            <Day doctorId={doctor.id} day={day} today={today} />
          </section>
        ))}
      </div>
    </>
  );
}

function Day({ doctorId, day, today }: { doctorId: string; day: string; today: string }) {
  const { data, error } = useQuery(DoctorsDay, { variables: { doctorId, day }, fetchPolicy: "cache-and-network" });
  if (!data) return <Loading error={error} />;
  const appointments = data.appointments.edges.map(({ node }) => unmask(AppointmentFields, node));
  return (
    <>
      {appointments.length === 0 && <p role="status">No appointments on this day.</p>}
      <AppointmentList label="Appointments" appointments={appointments} today={today} asDoctor />
    </>
  );
}
