import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Loading } from "../Alert";
import { AppointmentFields, AppointmentList, useAppointmentChanges } from "../Appointment";
import { graphql, unmask } from "../gql";
import type { AppointmentFieldsFragment, MeQuery } from "../gql/graphql";
import { PatientChoice } from "../PatientChoice";
import { Title } from "../Title";

export const MyAppointments = graphql(`query MyAppointments($patientId: ID) {
  appointments(filters: { patientId: $patientId }, ordering: [{ date: DESC }, { time: DESC }], first: 50) {
    edges { node { ...AppointmentFields } }
  }
}`);

const ENDED: string[] = ["COMPLETED", "NO_SHOW", "CANCELLED"];
/** A status that this page does not know, because a later release added it, counts as upcoming. */
export const isUpcoming = ({ date, status }: AppointmentFieldsFragment, today: string) =>
  date >= today && !ENDED.includes(status);

/** The appointments of the signed-in patient and of those for whom the user acts. */
export function Appointments({ today, me }: { today: string; me: MeQuery["me"] }) {
  // The appointments of everyone would be mixed with those of the doctors for whom the user works.
  const canSeeEveryone = !me.isDoctor && me.assistedDoctors.length === 0;
  const [patientId, setPatientId] = useState(canSeeEveryone ? null : me.patients[0]!.id);
  const { data, error, refetch } = useQuery(MyAppointments, { variables: { patientId }, fetchPolicy: "cache-and-network" });
  useAppointmentChanges(refetch);
  const appointments = data?.appointments.edges.map(({ node }) => unmask(AppointmentFields, node)) ?? [];
  const upcoming = appointments.filter((appointment) => isUpcoming(appointment, today)).reverse();
  const past = appointments.filter((appointment) => !isUpcoming(appointment, today));
  const withPatient = me.patients.length > 1;
  return (
    <>
      <Title>My appointments</Title>
      <h1>My appointments</h1>
      <PatientChoice legend="Appointments of" me={me} chosen={patientId} onChoose={setPatientId} everyone={canSeeEveryone} />
      {!data && <Loading error={error} />}
      {data && upcoming.length === 0 && <p>You have no upcoming appointments. <a href="#/doctors">Find a doctor</a></p>}
      <AppointmentList label="Upcoming appointments" appointments={upcoming} today={today} withPatient={withPatient} />
      {past.length > 0 && <h2>Past and cancelled</h2>}
      <AppointmentList label="Past and cancelled appointments" appointments={past} today={today} withPatient={withPatient} />
    </>
  );
}
