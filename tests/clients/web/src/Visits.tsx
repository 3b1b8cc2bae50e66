import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { addDays, longDay } from "./dates";
import { Waiting } from "./Form";
import { graphql, unmask } from "./gql";
import type { VisitPartsFragment } from "./gql/graphql";
import { useChanges, Visit, VisitParts } from "./Visit";

export const MyVisits = graphql(`query MyVisits {
  appointments(ordering: [{ date: DESC }, { time: DESC }], first: 50) { edges { node { ...VisitParts } } }
}`);
const MyDay = graphql(`query MyDay($day: Date!) {
  appointments(filters: { date: { exact: $day } }, first: 100) { edges { node { ...VisitParts } } }
}`);

export const isComing = ({ date, status }: VisitPartsFragment, today: string) =>
  date >= today && (status === "PENDING" || status === "CONFIRMED");

type ListProps = { label: string; visits: VisitPartsFragment[]; today: string; asDoctor?: boolean };
export const VisitList = ({ label, visits, ...props }: ListProps) => (
  <ul className="list" aria-label={label} aria-live="polite">
    {visits.map((visit) => <li key={visit.id}><Visit visit={visit} {...props} /></li>)}
  </ul>
);

/** A patient's visits. */
export function Visits({ today }: { today: string }) {
  const { data, error, refetch } = useQuery(MyVisits, { fetchPolicy: "cache-and-network" });
  useChanges(refetch);
  if (!data) return <Waiting error={error} />;
  const visits = data.appointments.edges.map(({ node }) => unmask(VisitParts, node));
  const coming = visits.filter((visit) => isComing(visit, today)).reverse();
  const past = visits.filter((visit) => !isComing(visit, today));
  return (
    <>
      <h1>My visits</h1>
      {coming.length === 0 && <p>Nothing is booked. <a href="#/">Find a doctor</a></p>}
      <VisitList label="Coming visits" visits={coming} today={today} />
      {past.length > 0 && <h2>Past and cancelled</h2>}
      <VisitList label="Past and cancelled visits" visits={past} today={today} />
    </>
  );
}

/** A doctor's day; what patients book, move and cancel shows as it happens. */
export function Day({ today }: { today: string }) {
  const [day, setDay] = useState(today);
  const { data, error, refetch } = useQuery(MyDay, { variables: { day }, fetchPolicy: "cache-and-network" });
  useChanges(refetch);
  const visits = data?.appointments.edges.map(({ node }) => unmask(VisitParts, node));
  return (
    <>
      <div className="row">
        <h1>{longDay(day)}</h1>
        <button aria-label="The day before" onClick={() => setDay(addDays(day, -1))}>‹</button>
        <button disabled={day === today} onClick={() => setDay(today)}>Today</button>
        <button aria-label="The day after" onClick={() => setDay(addDays(day, 1))}>›</button>
      </div>
      {visits?.length === 0 && <p role="status">Nobody comes that day.</p>}
      {visits ? <VisitList label="Visits" visits={visits} today={today} asDoctor /> : <Waiting error={error} />}
    </>
  );
}
