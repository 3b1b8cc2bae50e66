const { graphql } = require("relay-runtime");

graphql`
  fragment appointments_card on Appointment {
    date
    time
    status
    doctor { ...appointments_doctor }
  }
`;
graphql`
  fragment appointments_doctor on Doctor {
    specialty
    user { firstName lastName }
  }
`;
graphql`
  fragment appointments_list on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 1 }, cursor: { type: "String" })
  @refetchable(queryName: "appointmentsNextPageQuery") {
    appointments(first: $count, after: $cursor) @connection(key: "appointments_appointments") {
      edges { node { id ...appointments_card } }
    }
  }
`;
graphql`
  mutation appointmentsCancelMutation($input: CancelAppointmentInput!) {
    cancelAppointment(input: $input) {
      __typename
      ... on Appointment { id status }
      ... on OperationInfo { messages { field code message } }
    }
  }
`;
graphql`
  subscription appointmentsChangedSubscription {
    appointmentChanged { id ...appointments_card }
  }
`;
graphql`
  query appointmentsNodeQuery($id: ID!) {
    node(id: $id) { __typename ... on Appointment { ...appointments_card @alias } }
  }
`;
graphql`
  query appointmentsQuery {
    ...appointments_list
  }
`;
