import { useQuery } from "@apollo/client/react";
import { useDeferredValue, useState } from "react";
import { Loading } from "../Alert";
import { Avatar } from "../Avatar";
import { graphql } from "../gql";
import { Title } from "../Title";

const FindDoctors = graphql(`query FindDoctors($search: String!, $day: Date, $after: String) {
  doctors(filters: { search: $search, availableOn: $day }, first: 12, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { id specialty experienceYears slotMinutes user { id firstName lastName avatarUrl } } }
  }
}`);

export function Doctors() {
  const [search, setSearch] = useState("");
  const [day, setDay] = useState("");
  const variables = { search: useDeferredValue(search), day: day || null };
  const { data, previousData, error, fetchMore } = useQuery(FindDoctors, { variables });
  const doctors = (data ?? previousData)?.doctors;
  return (
    <>
      <Title>Find a doctor</Title>
      <h1>Find a doctor</h1>
      <form role="search" className="filters" onSubmit={(event) => event.preventDefault()}>
        <label>Name or specialty
          <input type="search" value={search} onChange={({ target }) => setSearch(target.value)} />
        </label>
        <label>Available on
          <input type="date" value={day} onChange={({ target }) => setDay(target.value)} />
        </label>
      </form>
      {!doctors && <Loading error={error} />}
      <p role="status">{doctors && `Found: ${doctors.totalCount || "no doctor. Try fewer words."}`}</p>
      <ul className="grid">
        {doctors?.edges.map(({ node: { id, user, specialty, experienceYears, slotMinutes } }) => (
          <li key={id}>
            <a className="card doctor" href={`#/doctors/${encodeURIComponent(id)}`}>
              <Avatar person={user} />
              <span>
                <strong>Dr. {user.firstName} {user.lastName}</strong>
                <span>{specialty}</span>
                <small>{experienceYears} years · {slotMinutes}-minute appointments</small>
              </span>
            </a>
          </li>
        ))}
      </ul>
      {doctors?.pageInfo.hasNextPage && (
        <button onClick={() => void fetchMore({ variables: { after: doctors.pageInfo.endCursor } })}>More</button>
      )}
    </>
  );
}
