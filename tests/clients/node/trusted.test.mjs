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

globalThis.WebSocket ??= WebSocket; // Apollo Client takes a browser's for granted
const FILE = fileURLToPath(new URL("trusted/gql/persisted-documents.json", import.meta.url));
const ANN = { email: "ann@example.org", password: PASSWORD };
const UNKNOWN_DOCTOR = "RG9jdG9yOjk5OTk5OQ==";

let server;
before(async () => { server = await startServer({ TRUSTED_DOCUMENTS: FILE }); });
after(() => server.stop());

/** A client in which Ann has signed in, and what it has sent over HTTP. */
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
  const isLive = ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION;
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([trusted, ApolloLink.split(isLive, new GraphQLWsLink(socket), http)]),
  });
  const { data } = await client.mutate({ mutation: SIGN_IN, variables: ANN });
  token = data.tokenAuth.token;
  return { client, sent, dispose: () => socket.dispose() };
}

/** A document as codegen would give it that has written another file. */
const named = (document) => ({ ...document, __meta__: { hash: "0".repeat(64) } });

const refused = (error) => {
  assert.ok(CombinedGraphQLErrors.is(error), error);
  assert.deepEqual(error.errors.map(({ extensions }) => extensions.code), ["PERSISTED_QUERY_NOT_IN_LIST"]);
  return true;
};

test("each document is registered under the hash of its text", () => {
  const hashes = Object.values(registered).map((text) => createHash("sha256").update(text).digest("hex"));
  assert.deepEqual(Object.keys(registered), hashes);
});

test("a registered document is named, never sent, and answered with what the cache needs", async () => {
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

test("a registered subscription is answered over a WebSocket", async () => {
  const { client, dispose } = await apollo();
  const news = client.subscribe({ query: AVAILABILITY_CHANGED, variables: { doctorId: UNKNOWN_DOCTOR } });
  assert.deepEqual(await firstValueFrom(news.pipe(toArray())), []);
  await dispose();
});

test("an unregistered document is refused, sent or named", async () => {
  const query = gql`{ clinic { timeZone } }`;
  const link = new HttpLink({ uri: `${server.url}/graphql/` });
  const sending = new ApolloClient({ cache: new InMemoryCache(), link });
  await assert.rejects(sending.query({ query }), refused);
  const { client } = await apollo();
  await assert.rejects(client.query({ query: named(query) }), refused);
});

test("an unregistered subscription is refused", async () => {
  const { client, dispose } = await apollo();
  const { error } = await firstValueFrom(
    client.subscribe({ query: named(gql`subscription { appointmentChanged { id } }`) }),
  );
  assert.ok(refused(error));
  await dispose();
});
