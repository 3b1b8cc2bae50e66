import { useQuery, useSubscription } from "@apollo/client/react";
import { useState } from "react";
import { addDays, longDay, shortTime } from "./dates";
import { Loading } from "./Form";
import { graphql, unmask, type FragmentType } from "./gql";

const OpenSlots = graphql(`query OpenSlots($doctorId: ID!, $start: Date!, $moving: ID) {
  doctor(id: $doctorId) { id availableSlots(start: $start, days: 7, moving: $moving) { date time } }
}`);
const AvailabilityChanged = graphql(`subscription AvailabilityChanged($doctorId: ID!) {
  availabilityChanged(doctorId: $doctorId) { date }
}`);
const Unavailable = graphql(`fragment Unavailable on SlotUnavailable { message nextAvailable { date time } }`);

export type Slot = { date: string; time: string };
export type Conflict = FragmentType<typeof Unavailable>;
type PickProps = { onPick: (slot: Slot) => void; picked?: Slot | null | undefined };
type SlotsProps = PickProps & { doctorId: string; today: string; moving?: string };

/** A doctor's open slots of one week, updated live. */
export function Slots({ doctorId, today, moving, onPick, picked }: SlotsProps) {
  const [start, setStart] = useState(today);
  const variables = { doctorId, start, moving: moving ?? null };
  const { data, previousData, error, refetch } = useQuery(OpenSlots, { variables, fetchPolicy: "cache-and-network" });
  useSubscription(AvailabilityChanged, { variables: { doctorId }, onData: () => void refetch() });
  const slots = (data ?? previousData)?.doctor?.availableSlots;
  const days = Object.entries(Object.groupBy(slots ?? [], ({ date }) => date));
  return (
    <section aria-label="Open times">
      <p className="row">
        <button disabled={start === today} onClick={() => setStart(addDays(start, -7))}>‹ Earlier</button>
        <span>{longDay(start)} – {longDay(addDays(start, 6))}</span>
        <button onClick={() => setStart(addDays(start, 7))}>Later ›</button>
      </p>
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
      <p>{message} {nextAvailable.length > 0 && "Choose one of these times instead:"}</p>
      <Times slots={nextAvailable} onPick={onPick} withDay />
    </div>
  );
}
