import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, InMemoryCache, gql } from "@apollo/client/core";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { from, switchMap } from "rxjs";
import { PASSWORD, startServer } from "../live-server.mjs";
import { BOOK, DOCTORS, ME, REFRESH_TOKEN, TOKEN_AUTH, TUESDAY, UPLOAD_AVATAR } from "./documents.mjs";

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

/** Return a client that has signed in, and that refreshes its access token when it has expired. */
async function apollo(firstName) {
  let tokens;
  const refresh = async () => {
    const { data } = await client.mutate({ mutation: gql(REFRESH_TOKEN), variables: { refreshToken: tokens.refreshToken } });
    tokens = data.refreshToken;
  };
  const authorize = new SetContextLink(({ headers }) => ({
    headers: { ...headers, ...(tokens && { Authorization: `JWT ${tokens.token}` }) },
  }));
  const refreshExpired = new ErrorLink(({ error, operation, forward }) => {
    if (CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === "TOKEN_EXPIRED")
      return from(refresh()).pipe(switchMap(() => forward(operation)));
  });
  const http = new UploadHttpLink({ uri: `${server.url}/graphql/`, headers: { "Apollo-Require-Preflight": "true" } });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([refreshExpired, authorize, http]),
    defaultOptions: { query: { fetchPolicy: "network-only" } },
  });
  const variables = { email: `${firstName.toLowerCase()}@example.org`, password: PASSWORD };
  tokens = (await client.mutate({ mutation: gql(TOKEN_AUTH), variables })).data.tokenAuth;
  return client;
}

const doctorId = async (client, search) => {
  const { data } = await client.query({ query: gql(DOCTORS), variables: { search } });
  return data.doctors.edges[0].node.id;
};

test("Apollo Client: books, gets a conflict as data, and the same booking for a reused idempotency key", async () => {
  const client = await apollo("Ann");
  const input = { doctorId: await doctorId(client, "novak"), date: TUESDAY, time: "09:00", idempotencyKey: "apollo-1" };
  const book = async (input) =>
    (await client.mutate({ mutation: gql(BOOK), variables: { input } })).data.createAppointment;

  const { id, ...booked } = await book(input);
  assert.deepEqual(booked, { __typename: "Appointment", date: TUESDAY, time: "09:00:00", status: "PENDING" });
  assert.equal((await book(input)).id, id);
  const { nextAvailable, ...taken } = await book({ ...input, idempotencyKey: "apollo-2" });
  assert.deepEqual(taken, { __typename: "SlotUnavailable", code: "SLOT_TAKEN" });
  assert.deepEqual(nextAvailable.map(({ time }) => time), ["09:30:00", "10:00:00", "10:30:00"]);
  assert.deepEqual(await book({ ...input, time: "09:02", idempotencyKey: "apollo-3" }), {
    __typename: "OperationInfo",
    messages: [{ __typename: "OperationMessage", kind: "VALIDATION", field: "time", code: "off_grid" }],
  });
});

test("Apollo Client: refreshes an expired token and sends the operation again", async () => {
  const client = await apollo("Ben");
  await server.forward(60 * 60);
  const { data } = await client.query({ query: gql(ME) });
  assert.deepEqual(data.me, { __typename: "User", email: "ben@example.org", firstName: "Ben" });
});

test("Apollo Client: uploads by the multipart request specification", async () => {
  const client = await apollo("Cleo");
  const image = new File(["no picture"], "me.png", { type: "image/png" });
  const { data } = await client.mutate({ mutation: gql(UPLOAD_AVATAR), variables: { image } });
  assert.deepEqual(data.uploadAvatar, {
    __typename: "OperationInfo",
    messages: [{ __typename: "OperationMessage", field: "image", code: "invalid" }],
  });
});

test("Apollo Client: a wrong password is an error with a code", async () => {
  const client = await apollo("Ann");
  const variables = { email: "ann@example.org", password: "wrong" };
  await assert.rejects(client.mutate({ mutation: gql(TOKEN_AUTH), variables }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    assert.deepEqual(error.errors.map(({ extensions }) => extensions.code), ["INVALID_CREDENTIALS"]);
    return true;
  });
});
