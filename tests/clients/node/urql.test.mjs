import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, fetchExchange } from "@urql/core";
import { startServer } from "../live-server.mjs";
import { BOOK, DOCTORS, ME, TUESDAY, UPLOAD_AVATAR } from "./documents.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

function urql(token) {
  return new Client({
    url: `${server.url}/graphql/`,
    exchanges: [fetchExchange],
    preferGetMethod: false,
    fetchOptions: { headers: { "Apollo-Require-Preflight": "true", ...(token && { Authorization: `Bearer ${token}` }) } },
  });
}

test("urql: queries, books, and gets a conflict as data", async () => {
  const client = urql(await signIn(server.url, "Ann"));
  const { data } = await client.query(DOCTORS, { search: "haddad" });
  assert.deepEqual(data.doctors.edges.map(({ node }) => node.user.lastName), ["Haddad"]);
  const input = { doctorId: data.doctors.edges[0].node.id, date: TUESDAY, time: "10:00" };
  const booked = (await client.mutation(BOOK, { input })).data.createAppointment;
  assert.deepEqual([booked.__typename, booked.time, booked.status], ["Appointment", "10:00:00", "PENDING"]);
  const conflict = (await client.mutation(BOOK, { input })).data.createAppointment;
  assert.deepEqual([conflict.__typename, conflict.code], ["SlotUnavailable", "SLOT_TAKEN"]);
});

test("urql: uploads by the multipart request specification", async () => {
  const client = urql(await signIn(server.url, "Ann"));
  const image = new File(["no picture"], "me.png", { type: "image/png" });
  const { data } = await client.mutation(UPLOAD_AVATAR, { image });
  assert.deepEqual(data.uploadAvatar, { __typename: "OperationInfo", messages: [{ field: "image", code: "invalid" }] });
});

test("urql: a missing token is an error with a code", async () => {
  const { error } = await urql().query(ME, {});
  assert.deepEqual(error.graphQLErrors.map(({ extensions }) => extensions.code), ["UNAUTHENTICATED"]);
  assert.equal(error.response.status, 401);
});
