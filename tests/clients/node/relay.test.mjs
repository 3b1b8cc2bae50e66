/** What relay-compiler made of relay/visits.js (see `npm test`), run by Relay's own runtime. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import relay from "relay-runtime";
import { startServer } from "../live-server.mjs";
import { signIn } from "./sign-in.mjs";
import NODE from "./relay/__generated__/visitsNodeQuery.graphql.js";
import NEXT_PAGE from "./relay/__generated__/visitsNextPageQuery.graphql.js";
import LIST from "./relay/__generated__/visits_list.graphql.js";
import VISITS from "./relay/__generated__/visitsQuery.graphql.js";

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

test("a doctor's visits come page by page, and one of them by node(id:)", async () => {
  const environment = environmentWith(await signIn(server.url, "Nina"));
  const ask = (query, variables) => relay.fetchQuery(environment, query, variables).toPromise();
  const operation = relay.createOperationDescriptor(VISITS, {});
  environment.retain(operation);
  const visits = () => {
    const { data } = environment.lookup(operation.fragment);
    return environment.lookup(relay.getSelector(LIST, data)).data.appointments;
  };

  await ask(VISITS, {});
  assert.deepEqual([visits().edges.length, visits().pageInfo.hasNextPage], [1, true]);
  await ask(NEXT_PAGE, { count: 1, cursor: visits().pageInfo.endCursor });
  assert.deepEqual([visits().edges.length, visits().pageInfo.hasNextPage], [2, false]);
  const [first, second] = visits().edges.map(({ node }) => node.id);
  assert.notEqual(first, second);
  assert.equal((await ask(NODE, { id: second })).node.__typename, "Appointment");
});
