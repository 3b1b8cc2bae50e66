/** The documents that the clients in this folder send, as in tests/contract/operations.graphql. */

export const TOKEN_AUTH = /* GraphQL */ `
  mutation TokenAuth($email: String!, $password: String!) {
    tokenAuth(email: $email, password: $password) { token refreshToken user { email } }
  }
`;
export const REFRESH_TOKEN = /* GraphQL */ `
  mutation RefreshToken($refreshToken: String!) {
    refreshToken(refreshToken: $refreshToken) { token refreshToken }
  }
`;
export const ME = /* GraphQL */ `query Me { me { email firstName } }`;
export const DOCTORS = /* GraphQL */ `
  query Doctors($search: String) {
    doctors(filters: { search: $search }, first: 10) { edges { node { id specialty user { lastName } } } }
  }
`;
export const BOOK = /* GraphQL */ `
  mutation Book($input: CreateAppointmentInput!) {
    createAppointment(input: $input) {
      __typename
      ... on Appointment { id date time status }
      ... on SlotUnavailable { code nextAvailable { date time } }
      ... on OperationInfo { messages { kind field code } }
    }
  }
`;
export const UPLOAD_AVATAR = /* GraphQL */ `
  mutation UploadAvatar($image: Upload!) {
    uploadAvatar(image: $image) {
      __typename
      ... on User { avatarUrl }
      ... on OperationInfo { messages { field code } }
    }
  }
`;
export const APPOINTMENT_CHANGED = /* GraphQL */ `
  subscription AppointmentChanged { appointmentChanged { date time status } }
`;

/** The Tuesday after world.py's Monday. */
export const TUESDAY = "2026-03-03";
