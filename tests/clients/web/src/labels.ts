import type { Relationship } from "./gql/graphql";

type Named = { firstName: string; lastName: string };
export const nameOf = ({ firstName, lastName }: Named) => `${firstName} ${lastName}`;
export const doctorName = ({ user }: { user: Named }) => `Dr. ${nameOf(user)}`;

/** Name a status, also one that this front end does not know because a later release added it. */
export const labelOf = (status: string) => status.toLowerCase().replaceAll("_", " ");

/** What a guardian is to the patient. */
export const RELATIONSHIPS: Record<Relationship, string> = {
  PARENT: "Parent", GUARDIAN: "Legal guardian", PARTNER: "Spouse or partner", CHILD: "Son or daughter", CARER: "Carer",
  OTHER: "Other",
};
