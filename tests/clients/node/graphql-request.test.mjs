import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ClientError, GraphQLClient } from "graphql-request";
import { startServer } from "../live-server.mjs";
import { BOOK, DOCTORS, ME, TUESDAY } from "./documents.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const clientWith = (token) =>
  new GraphQLClient(`${server.url}/graphql/`, { headers: token ? { Authorization: `JWT ${token}` } : {} });

test("graphql-request: queries, books, and gets a validation error as data", async () => {
  const client = clientWith(await signIn(server.url, "Ann"));
  const { doctors } = await client.request(DOCTORS, { search: "tanaka" });
  const input = { doctorId: doctors.edges[0].node.id, date: TUESDAY, time: "11:00" };
  const { id, ...booked } = (await client.request(BOOK, { input })).createAppointment;
  assert.deepEqual(booked, { __typename: "Appointment", date: TUESDAY, time: "11:00:00", status: "PENDING" });
  const rejected = (await client.request(BOOK, { input: { ...input, doctorId: undefined } })).createAppointment;
  assert.deepEqual(rejected, {
    __typename: "OperationInfo",
    messages: [{ kind: "VALIDATION", field: "doctorId", code: "required" }],
  });
});

test("graphql-request: throws GraphQL errors with their codes", async () => {
  const code = (error) => error instanceof ClientError && error.response.errors[0].extensions.code;
  await assert.rejects(clientWith().request(ME), (error) => code(error) === "UNAUTHENTICATED");
  await assert.rejects(clientWith("nonsense").request(ME), (error) => code(error) === "TOKEN_INVALID");
  await assert.rejects(clientWith().request("{ nothing }"), (error) => code(error) === "GRAPHQL_VALIDATION_FAILED");
  await assert.rejects(clientWith().request("{"), (error) => code(error) === "GRAPHQL_PARSE_FAILED");
  const malformed = { input: { doctorId: "x", date: TUESDAY, time: "11:00+01:00" } };
  const ann = clientWith(await signIn(server.url, "Ann"));
  await assert.rejects(ann.request(BOOK, malformed), (error) => code(error) === "BAD_USER_INPUT");
});
