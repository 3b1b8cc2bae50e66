/** The artifacts that relay-compiler generates from relay/appointments.js (see `npm test`), run by Relay's runtime. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import relay from "relay-runtime";
import { startServer } from "../live-server.mjs";
import { signIn } from "./sign-in.mjs";
import NODE from "./relay/__generated__/appointmentsNodeQuery.graphql.js";
import NEXT_PAGE from "./relay/__generated__/appointmentsNextPageQuery.graphql.js";
import LIST from "./relay/__generated__/appointments_list.graphql.js";
import APPOINTMENTS from "./relay/__generated__/appointmentsQuery.graphql.js";

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const environmentWith = (token) =>
  new relay.Environment({
    store: new relay.Store(new relay.RecordSource()),
    network: relay.Network.create(async ({ text }, variables) => {
      const response = await fetch(`${server.url}/graphql/`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `JWT ${token}` },
        body: JSON.stringify({ query: text, variables }),
      });
      return response.json();
    }),
  });

test("Relay: a doctor's appointments are paginated, and one is refetched by node(id:)", async () => {
  const environment = environmentWith(await signIn(server.url, "Nina"));
  const ask = (query, variables) => relay.fetchQuery(environment, query, variables).toPromise();
  const operation = relay.createOperationDescriptor(APPOINTMENTS, {});
  environment.retain(operation);
  const appointments = () => {
    const { data } = environment.lookup(operation.fragment);
    return environment.lookup(relay.getSelector(LIST, data)).data.appointments;
  };

  await ask(APPOINTMENTS, {});
  assert.deepEqual([appointments().edges.length, appointments().pageInfo.hasNextPage], [1, true]);
  await ask(NEXT_PAGE, { count: 1, cursor: appointments().pageInfo.endCursor });
  assert.deepEqual([appointments().edges.length, appointments().pageInfo.hasNextPage], [2, false]);
  const [first, second] = appointments().edges.map(({ node }) => node.id);
  assert.notEqual(first, second);
  assert.equal((await ask(NODE, { id: second })).node.__typename, "Appointment");
});
