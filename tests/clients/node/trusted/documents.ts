import { graphql } from "./gql";

export const SIGN_IN = graphql(`
  mutation SignIn($email: String!, $password: String!) {
    tokenAuth(email: $email, password: $password) { token user { firstName } }
  }
`);
export const NEXT_TIME = graphql(`
  query NextTime($specialty: String!) {
    nextAvailable(specialty: $specialty, first: 1) { ...Opening }
  }
`);
export const OPENING = graphql(`
  fragment Opening on NextAvailable { doctor { user { lastName } } slot { date time } }
`);
export const AVAILABILITY_CHANGED = graphql(`
  subscription AvailabilityChanged($doctorId: ID!) {
    availabilityChanged(doctorId: $doctorId) { date }
  }
`);
