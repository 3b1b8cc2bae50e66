import { useQuery } from "@apollo/client/react";
import { use } from "react";
import { Loading } from "./Alert";
import { longDay, longMoment, shortTime, TimeZone } from "./dates";
import { graphql } from "./gql";
import type { AppointmentHistoryQuery } from "./gql/graphql";
import { labelOf, nameOf } from "./labels";

const AppointmentHistory = graphql(`query AppointmentHistory($id: ID!) {
  appointment(id: $id) {
    id
    history {
      status date time changedAt
      changedBy { id firstName lastName }
      onBehalfOf { id firstName lastName }
    }
  }
}`);

type Change = NonNullable<AppointmentHistoryQuery["appointment"]>["history"][number];

/** Say who made a change, and for whom: an assistant acts for a doctor, a parent for a child. */
const actorOf = ({ changedBy, onBehalfOf }: Change) =>
  (changedBy ? nameOf(changedBy) : "the clinic’s system") + (onBehalfOf ? ` for ${nameOf(onBehalfOf)}` : "");

/** All changes of an appointment, oldest first. */
export function History({ id }: { id: string }) {
  const timeZone = use(TimeZone);
  const { data, error } = useQuery(AppointmentHistory, { variables: { id }, fetchPolicy: "cache-and-network" });
  if (!data) return <Loading error={error} />;
  return (
    <ol className="history" aria-label="History">
      {data.appointment?.history.map((change, index) => (
        <li key={index}>
          <strong>{labelOf(change.status)}</strong>, {longDay(change.date)}, {shortTime(change.time)}
          <small>{longMoment(change.changedAt, timeZone)}, by {actorOf(change)}</small>
        </li>
      ))}
    </ol>
  );
}
