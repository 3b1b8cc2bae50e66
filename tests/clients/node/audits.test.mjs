/** https://github.com/graphql/graphql-http#audits: conformance to GraphQL over HTTP. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serverAudits } from "graphql-http";
import { startServer } from "../live-server.mjs";
import { signIn } from "./sign-in.mjs";

let server, token;
before(async () => {
  server = await startServer();
  token = await signIn(server.url, "Ann");
});
after(() => server.stop());

// Four of the audits introspect, which needs a token in production.
const audits = serverAudits({
  url: () => `${server.url}/graphql/`,
  fetchFn: (url, { headers, ...init } = {}) =>
    fetch(url, { ...init, headers: { ...headers, Authorization: `JWT ${token}` } }),
});

test("graphql-http has 61 audits", () => assert.equal(audits.length, 61));

for (const { id, name, fn } of audits) {
  test(`${id}: ${name}`, async () => {
    const { status, reason } = await fn();
    assert.equal(status, "ok", reason);
  });
}
