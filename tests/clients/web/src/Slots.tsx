import { useQuery, useSubscription } from "@apollo/client/react";
import { useState } from "react";
import { Loading } from "./Alert";
import { addDays, longDay, shortTime } from "./dates";
import { graphql, unmask, type FragmentType } from "./gql";

const OpenSlots = graphql(`query OpenSlots($doctorId: ID!, $start: Date!, $typeId: ID, $patientId: ID, $moving: ID) {
  clinic { closures { id name firstDay lastDay } }
  doctor(id: $doctorId) {
    id
    availableSlots(start: $start, days: 7, appointmentTypeId: $typeId, patientId: $patientId, moving: $moving) {
      date time durationMinutes
    }
  }
}`);
const AvailabilityChanged = graphql(`subscription AvailabilityChanged($doctorId: ID!) {
  availabilityChanged(doctorId: $doctorId) { date }
}`);
const Unavailable = graphql(`fragment Unavailable on SlotUnavailable { message nextAvailable { date time durationMinutes } }`);

export type Slot = { date: string; time: string; durationMinutes: number };
export type Conflict = FragmentType<typeof Unavailable>;
type PickProps = { onPick: (slot: Slot) => void; picked?: Slot | null | undefined };
type SlotsProps = PickProps & {
  doctorId: string;
  today: string;
  typeId?: string | undefined;
  patientId?: string;
  moving?: string;
};

/**
 * The slots of one week in which a doctor can be booked for a patient, or to which an appointment can be moved.
 * They are updated live. Also shows when the clinic is closed.
 */
export function Slots({ doctorId, today, typeId, patientId, moving, onPick, picked }: SlotsProps) {
  const [start, setStart] = useState(today);
  const variables = { doctorId, start, typeId: typeId ?? null, patientId: patientId ?? null, moving: moving ?? null };
  const end = addDays(start, 6);
  const { data, previousData, error, refetch } = useQuery(OpenSlots, { variables, fetchPolicy: "cache-and-network" });
  useSubscription(AvailabilityChanged, { variables: { doctorId }, onData: () => void refetch() });
  const slots = (data ?? previousData)?.doctor?.availableSlots;
  const days = Object.entries(Object.groupBy(slots ?? [], ({ date }) => date));
  const closures = (data ?? previousData)?.clinic.closures
    .filter(({ firstDay, lastDay }) => firstDay <= end && lastDay >= start);
  return (
    <section aria-label="Open times">
      <p className="row week">
        <button disabled={start === today} onClick={() => setStart(addDays(start, -7))}>‹ Earlier</button>
        <span>{longDay(start)} – {longDay(end)}</span>
        <button onClick={() => setStart(addDays(start, 7))}>Later ›</button>
      </p>
      {closures?.map(({ id, name, firstDay, lastDay }) => (
        <p key={id} className="closed">
          The clinic is closed {lastDay === firstDay ? "on" : "from"} {longDay(firstDay)}
          {lastDay !== firstDay && ` to ${longDay(lastDay)}`}: {name}
        </p>
      ))}
      {!slots && <Loading error={error} />}
      {slots && days.length === 0 && <p role="status">No open times this week.</p>}
      {days.map(([date, ofDay]) => (
        <section key={date} aria-label={longDay(date)}>
          <h2>{longDay(date)}</h2>
          <Times slots={ofDay ?? []} onPick={onPick} picked={picked} />
        </section>
      ))}
    </section>
  );
}

const Times = ({ slots, onPick, picked, withDay = false }: PickProps & { slots: Slot[]; withDay?: boolean }) => (
  <ul className="times">
    {slots.map((slot) => (
      <li key={slot.date + slot.time}>
        <button aria-pressed={slot.date === picked?.date && slot.time === picked.time} onClick={() => onPick(slot)}>
          {withDay && `${longDay(slot.date)}, `}{shortTime(slot.time)}
        </button>
      </li>
    ))}
  </ul>
);

/** Why a slot could not be booked, with buttons for the next open slots. */
export function Alternatives({ conflict, onPick }: PickProps & { conflict: Conflict }) {
  const { message, nextAvailable } = unmask(Unavailable, conflict);
  return (
    <div role="alert" className="alert">
      <p>{message}{nextAvailable.length > 0 && " The next open times are:"}</p>
      <Times slots={nextAvailable} onPick={onPick} withDay />
    </div>
  );
}
