import { useId } from "react";
import type { MeQuery } from "./gql/graphql";
import { nameOf } from "./labels";

type Me = MeQuery["me"];
type ChoiceProps = { legend: string; me: Me; chosen: string | null; onChoose: (id: string | null) => void; everyone?: boolean };

/** A choice between the patients for whom the user books. Nothing is shown if there is only one. */
export function PatientChoice({ legend, me, chosen, onChoose, everyone = false }: ChoiceProps) {
  const name = useId();
  if (me.patients.length < 2) return null;
  const patients = me.patients.map(({ id, user }) => ({ id, label: id === me.patient?.id ? "Yourself" : nameOf(user) }));
  const options = everyone ? [{ id: null, label: "Everyone" }, ...patients] : patients;
  return (
    <fieldset className="card types row">
      <legend>{legend}</legend>
      {options.map(({ id, label }) => (
        <label key={id ?? ""} className="option">
          <input type="radio" name={name} checked={id === chosen} onChange={() => onChoose(id)} /> {label}
        </label>
      ))}
    </fieldset>
  );
}
