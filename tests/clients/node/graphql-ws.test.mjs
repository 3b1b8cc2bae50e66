/** https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md, spoken by its reference client. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GraphQLClient } from "graphql-request";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { startServer } from "../live-server.mjs";
import { APPOINTMENT_CHANGED, BOOK, DOCTORS, TUESDAY } from "./documents.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const address = () => `${server.url.replace("http", "ws")}/graphql/`;
const live = (token, options) =>
  createClient({ url: address(), webSocketImpl: WebSocket, connectionParams: { Authorization: `JWT ${token}` }, ...options });

test("graphql-ws: a patient receives the update about the appointment that they book", async () => {
  const token = await signIn(server.url, "Ann");
  const http = new GraphQLClient(`${server.url}/graphql/`, { headers: { Authorization: `JWT ${token}` } });
  const { doctors } = await http.request(DOCTORS, { search: "novak" });
  const socket = live(token, { keepAlive: 500 });
  const changes = socket.iterate({ query: APPOINTMENT_CHANGED });
  const next = changes.next();
  const pong = () => new Promise((resolve) => socket.on("pong", () => resolve()));
  // Nothing reports that a subscription has started: book until an update arrives.
  const booked = [];
  let update;
  for (let hour = 9; !update && hour < 17; hour++) {
    const input = { doctorId: doctors.edges[0].node.id, date: TUESDAY, time: `${hour}:00`.padStart(5, "0") };
    const { id, ...appointment } = (await http.request(BOOK, { input })).createAppointment;
    booked.push(appointment);
    update = await Promise.race([next, pong()]);
  }
  const { __typename, ...appointment } = booked.find(({ time }) => time === update.value.data.appointmentChanged.time);
  assert.deepEqual(update.value.data.appointmentChanged, appointment);
  await changes.return();
  await socket.dispose();
});

test("graphql-ws: without a valid token the socket closes with 4403", async () => {
  const socket = live("nonsense", { retryAttempts: 0 });
  const closed = new Promise((resolve) => socket.on("closed", ({ code }) => resolve(code)));
  await assert.rejects(socket.iterate({ query: APPOINTMENT_CHANGED }).next());
  assert.equal(await closed, 4403);
});

test("graphql-ws: violations of the protocol close the socket with the codes that it specifies", async () => {
  const token = await signIn(server.url, "Ann");
  const open = async (...messages) => {
    const socket = new WebSocket(address(), "graphql-transport-ws");
    await new Promise((resolve) => socket.once("open", resolve));
    for (const message of messages) socket.send(typeof message === "string" ? message : JSON.stringify(message));
    return new Promise((resolve) => socket.once("close", resolve));
  };
  const init = { type: "connection_init", payload: { Authorization: `JWT ${token}` } };
  const subscribe = { type: "subscribe", id: "1", payload: { query: APPOINTMENT_CHANGED } };
  assert.equal(await open("{"), 4400);
  assert.equal(await open(subscribe), 4401);
  assert.equal(await open(init, subscribe, subscribe), 4409);
  assert.equal(await open(init, init), 4429);
});
