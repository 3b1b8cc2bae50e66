import { useQuery, useSubscription } from "@apollo/client/react";
import { useState } from "react";
import { addDays, longDay, shortTime } from "./dates";
import { Waiting } from "./Form";
import { graphql, unmask, type FragmentType } from "./gql";

const OpenSlots = graphql(`query OpenSlots($doctorId: ID!, $start: Date!, $moving: ID) {
  doctor(id: $doctorId) { id availableSlots(start: $start, days: 7, moving: $moving) { date time } }
}`);
const AvailabilityChanged = graphql(`subscription AvailabilityChanged($doctorId: ID!) {
  availabilityChanged(doctorId: $doctorId) { date }
}`);
const Unavailable = graphql(`fragment Unavailable on SlotUnavailable { message nextAvailable { date time } }`);

export type Slot = { date: string; time: string };
export type Refusal = FragmentType<typeof Unavailable>;
type Picking = { onPick: (slot: Slot) => void; picked?: Slot | null | undefined };
type SlotsProps = Picking & { doctorId: string; today: string; moving?: string };

/** A week of a doctor's open slots, kept up to date while it is on the screen. */
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
      {!slots && <Waiting error={error} />}
      {slots && days.length === 0 && <p role="status">Nothing is open this week.</p>}
      {days.map(([date, ofDay]) => (
        <section key={date} aria-label={longDay(date)}>
          <h2>{longDay(date)}</h2>
          <Times slots={ofDay ?? []} onPick={onPick} picked={picked} />
        </section>
      ))}
    </section>
  );
}

const Times = ({ slots, onPick, picked, withDay = false }: Picking & { slots: Slot[]; withDay?: boolean }) => (
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

/** Why it could not be had, and the next best, one click away. */
export function Alternatives({ refusal, onPick }: Picking & { refusal: Refusal }) {
  const { message, nextAvailable } = unmask(Unavailable, refusal);
  return (
    <div role="alert" className="alert">
      <p>{message} {nextAvailable.length > 0 && "Take one of the next instead:"}</p>
      <Times slots={nextAvailable} onPick={onPick} withDay />
    </div>
  );
}
