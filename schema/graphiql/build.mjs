/** Builds the GraphiQL page and its worker, see config/static_build.mjs. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildStaticFiles } from "../../config/static_build.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await buildStaticFiles({
  build,
  folder: here("."),
  built: here("../static/schema/graphiql/built/"),
  options: {
    entryPoints: { page: "src/main.tsx", worker: "src/worker.ts" },
    assetNames: "[name]",
    jsx: "automatic",
    loader: { ".ttf": "file" },
    define: { "process.env.NODE_ENV": '"production"' },
  },
  name: "GraphiQL's",
  target: "graphiql",
});
