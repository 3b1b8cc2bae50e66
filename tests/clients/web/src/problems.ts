/* Why a mutation was rejected or failed. */
import { isUnreachable } from "./connection";
import { graphql, unmask, type FragmentType } from "./gql";

export type Problem = { field?: string | null | undefined; code?: string | null | undefined; message: string };
const Problems = graphql(`fragment Problems on OperationInfo { messages { field code message } }`);
// Each mutation here has one field with the alias `answer`, a union that can be `OperationInfo`.
type OperationInfo = { __typename: "OperationInfo" } & FragmentType<typeof Problems>;
type Answer = OperationInfo | { __typename: "Appointment" | "Doctor" | "Patient" | "SlotUnavailable" | "User" };

const NO_ANSWER = "The clinic’s server did not answer. Check your connection and try again.";

export const problemsIn = (answer: Answer): Problem[] =>
  answer.__typename === "OperationInfo" ? unmask(Problems, answer).messages : [];

export const problemFrom = (error: unknown): Problem[] =>
  [{ message: isUnreachable(error) ? NO_ANSWER : (error as Error).message }];

/** Return why a mutation was rejected or failed; empty if it succeeded. */
export const problemsOf = (mutation: Promise<{ data?: { answer: Answer } | undefined }>): Promise<Problem[]> =>
  mutation.then(({ data }) => problemsIn(data!.answer), problemFrom);
