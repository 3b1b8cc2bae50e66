const { graphql } = require("relay-runtime");

graphql`
  fragment visits_card on Appointment {
    date
    time
    status
    doctor { ...visits_doctor }
  }
`;
graphql`
  fragment visits_doctor on Doctor {
    specialty
    user { firstName lastName }
  }
`;
graphql`
  fragment visits_list on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 1 }, cursor: { type: "String" })
  @refetchable(queryName: "visitsNextPageQuery") {
    appointments(first: $count, after: $cursor) @connection(key: "visits_appointments") {
      edges { node { id ...visits_card } }
    }
  }
`;
graphql`
  mutation visitsCancelMutation($input: CancelAppointmentInput!) {
    cancelAppointment(input: $input) {
      __typename
      ... on Appointment { id status }
      ... on OperationInfo { messages { field code message } }
    }
  }
`;
graphql`
  subscription visitsChangedSubscription {
    appointmentChanged { id ...visits_card }
  }
`;
graphql`
  query visitsNodeQuery($id: ID!) {
    node(id: $id) { __typename ... on Appointment { ...visits_card @alias } }
  }
`;
graphql`
  query visitsQuery {
    ...visits_list
  }
`;
