/** The recipe of docs/api/persisted-documents.md: documents that codegen registers are executed, and no others. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { firstValueFrom, toArray } from "rxjs";
import WebSocket from "ws";
import { PASSWORD, startServer } from "../live-server.mjs";
import { AVAILABILITY_CHANGED, NEXT_TIME, SIGN_IN } from "./trusted/documents.ts";
import registered from "./trusted/gql/persisted-documents.json" with { type: "json" };
import { trusted } from "./trusted/link.ts";

globalThis.WebSocket ??= WebSocket; // Apollo Client expects the browser's global
const FILE = fileURLToPath(new URL("trusted/gql/persisted-documents.json", import.meta.url));
const ANN = { email: "ann@example.org", password: PASSWORD };
const UNKNOWN_DOCTOR = "RG9jdG9yOjk5OTk5OQ==";

let server;
before(async () => { server = await startServer({ TRUSTED_DOCUMENTS: FILE }); });
after(() => server.stop());

/** Return a client in which Ann has signed in, and a list of what it has sent over HTTP. */
async function apollo() {
  const sent = [];
  let token;
  const http = new HttpLink({
    uri: `${server.url}/graphql/`,
    fetch: (url, init) => {
      sent.push(JSON.parse(init.body));
      return fetch(url, { ...init, headers: { ...init.headers, ...(token && { Authorization: `JWT ${token}` }) } });
    },
  });
  const socket = createClient({
    url: `${server.url.replace("http", "ws")}/graphql/`,
    connectionParams: () => ({ Authorization: `JWT ${token}` }),
  });
  const isSubscription = ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION;
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([trusted, ApolloLink.split(isSubscription, new GraphQLWsLink(socket), http)]),
  });
  const { data } = await client.mutate({ mutation: SIGN_IN, variables: ANN });
  token = data.tokenAuth.token;
  return { client, sent, dispose: () => socket.dispose() };
}

/** Return a document with a hash that is not in the registered file. */
const withUnknownHash = (document) => ({ ...document, __meta__: { hash: "0".repeat(64) } });

const isNotInList = (error) => {
  assert.ok(CombinedGraphQLErrors.is(error), error);
  assert.deepEqual(error.errors.map(({ extensions }) => extensions.code), ["PERSISTED_QUERY_NOT_IN_LIST"]);
  return true;
};

test("trusted documents: each document is registered under the hash of its text", () => {
  const hashes = Object.values(registered).map((text) => createHash("sha256").update(text).digest("hex"));
  assert.deepEqual(Object.keys(registered), hashes);
});

test("trusted documents: only the hash of a registered document is sent; the answer has all __typename fields", async () => {
  const { client, sent } = await apollo();
  const variables = { specialty: "neurology" };
  const { data } = await client.query({ query: NEXT_TIME, variables });
  assert.deepEqual(data.nextAvailable, [
    {
      __typename: "NextAvailable",
      doctor: { __typename: "Doctor", user: { __typename: "Person", lastName: "Marchetti" } },
      slot: { __typename: "Slot", date: "2026-03-02", time: "09:00:00" },
    },
  ]);
  const { operationName, extensions, ...rest } = sent[1];
  const sha256Hash = extensions.persistedQuery.sha256Hash;
  assert.match(registered[sha256Hash], /query NextTime/);
  assert.deepEqual({ operationName, extensions, ...rest }, {
    operationName: "NextTime",
    variables,
    extensions: { clientLibrary: extensions.clientLibrary, persistedQuery: { version: 1, sha256Hash } },
  });
  assert.equal(sent.length, 2);
});

test("trusted documents: a registered subscription is answered over a WebSocket", async () => {
  const { client, dispose } = await apollo();
  const updates = client.subscribe({ query: AVAILABILITY_CHANGED, variables: { doctorId: UNKNOWN_DOCTOR } });
  assert.deepEqual(await firstValueFrom(updates.pipe(toArray())), []);
  await dispose();
});

test("trusted documents: an unregistered document is rejected, as text and by hash", async () => {
  const query = gql`{ clinic { timeZone } }`;
  const link = new HttpLink({ uri: `${server.url}/graphql/` });
  const sending = new ApolloClient({ cache: new InMemoryCache(), link });
  await assert.rejects(sending.query({ query }), isNotInList);
  const { client } = await apollo();
  await assert.rejects(client.query({ query: withUnknownHash(query) }), isNotInList);
});

test("trusted documents: an unregistered subscription is rejected", async () => {
  const { client, dispose } = await apollo();
  const { error } = await firstValueFrom(
    client.subscribe({ query: withUnknownHash(gql`subscription { appointmentChanged { id } }`) }),
  );
  assert.ok(isNotInList(error));
  await dispose();
});
