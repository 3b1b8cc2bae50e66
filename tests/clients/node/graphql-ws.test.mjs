/** https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md, with its own client. */
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

test("a patient hears of the visit that they book", async () => {
  const token = await signIn(server.url, "Ann");
  const http = new GraphQLClient(`${server.url}/graphql/`, { headers: { Authorization: `JWT ${token}` } });
  const { doctors } = await http.request(DOCTORS, { search: "novak" });
  const socket = live(token, { keepAlive: 500 });
  const changes = socket.iterate({ query: APPOINTMENT_CHANGED });
  const news = changes.next();
  const pong = () => new Promise((resolve) => socket.on("pong", () => resolve()));
  // Nothing tells when a subscription has begun: book until it is heard of.
  const booked = [];
  let heard;
  for (let hour = 9; !heard && hour < 17; hour++) {
    const input = { doctorId: doctors.edges[0].node.id, date: TUESDAY, time: `${hour}:00`.padStart(5, "0") };
    const { id, ...visit } = (await http.request(BOOK, { input })).createAppointment;
    booked.push(visit);
    heard = await Promise.race([news, pong()]);
  }
  const { __typename, ...visit } = booked.find(({ time }) => time === heard.value.data.appointmentChanged.time);
  assert.deepEqual(heard.value.data.appointmentChanged, visit);
  await changes.return();
  await socket.dispose();
});

test("without a good token the socket closes with 4403", async () => {
  const socket = live("nonsense", { retryAttempts: 0 });
  const closed = new Promise((resolve) => socket.on("closed", ({ code }) => resolve(code)));
  await assert.rejects(socket.iterate({ query: APPOINTMENT_CHANGED }).next());
  assert.equal(await closed, 4403);
});

test("breaches of the protocol close the socket with the codes it gives them", async () => {
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
