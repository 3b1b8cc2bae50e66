/** Automatic persisted queries with Apollo Client: what is sent over the wire. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { print } from "graphql";
import { startServer } from "../live-server.mjs";

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** Return a client that identifies documents by `hash`, and a list of its requests with their statuses. */
function apollo(hash = sha256) {
  const wire = [];
  const http = new HttpLink({
    uri: `${server.url}/graphql/`,
    fetch: async (url, init) => {
      const { query, extensions } = JSON.parse(init.body);
      const response = await fetch(url, init);
      wire.push({ query, hash: extensions.persistedQuery.sha256Hash, status: response.status });
      return response;
    },
  });
  const link = new PersistedQueryLink({ sha256: hash }).concat(http);
  return { client: new ApolloClient({ cache: new InMemoryCache(), link }), wire };
}

test("persisted queries: a document is sent once, and afterwards only its hash", async () => {
  const query = gql`query Zone { clinic { timeZone } }`;
  const text = print(new InMemoryCache().transformDocument(query));
  const hash = sha256(text);
  const answer = { clinic: { __typename: "Clinic", timeZone: "Europe/Berlin" } };

  const first = apollo();
  assert.deepEqual((await first.client.query({ query })).data, answer);
  assert.deepEqual(first.wire, [
    { query: undefined, hash, status: 400 },
    { query: text, hash, status: 200 },
  ]);
  const second = apollo();
  assert.deepEqual((await second.client.query({ query })).data, answer);
  assert.deepEqual(second.wire, [{ query: undefined, hash, status: 200 }]);
});

test("persisted queries: a document with the hash of another one is rejected and not stored", async () => {
  const hash = "0".repeat(64);
  const query = gql`query Today { clinic { today } }`;
  const code = (error) => CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code;
  const { client, wire } = apollo(() => hash);
  for (const _attempt of [1, 2]) await assert.rejects(client.query({ query }), (error) => code(error) === "BAD_USER_INPUT");
  assert.deepEqual(wire.map(({ query, ...rest }) => [query !== undefined, rest]), [
    [false, { hash, status: 400 }],
    [true, { hash, status: 400 }],
    [false, { hash, status: 400 }],
    [true, { hash, status: 400 }],
  ]);
});
