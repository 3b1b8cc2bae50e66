// PostGraphile on our tables. Each request uses a role that row-level security limits to own rows.

import { createServer } from "node:http";
import jwt from "jsonwebtoken";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const { DATABASE_URL, JWT_SECRET, PORT } = process.env;

let statements = 0;
const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (...args) {
  statements += 1;
  return query.apply(this, args);
};

const settingsOf = (request) => {
  const token = request.headers.authorization?.split(" ")[1];
  const { user_id, sid } = jwt.verify(token, JWT_SECRET, { algorithms: ["HS256"] });
  return { role: "cybermed_reader", "reader.user": String(user_id), "reader.session": sid };
};

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: DATABASE_URL, schemas: ["public"] })],
  gather: { pgStrictFunctions: true },
  grafserv: { graphqlPath: "/graphql/", graphiql: false, websockets: false },
  grafast: { context: ({ node }) => ({ pgSettings: settingsOf(node.req) }) },
});

// Log one line for each response before it is sent, as the other servers do.
const server = createServer((_request, response) => {
  const { end } = response;
  response.end = function (...args) {
    console.log(JSON.stringify({ status: response.statusCode, statements }));
    statements = 0;
    return end.apply(this, args);
  };
});
await instance.createServ(grafserv).addTo(server);
server.listen(Number(PORT), "127.0.0.1");
