/** Builds the calendar of the admin, see config/static_build.mjs. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildStaticFiles } from "../../config/static_build.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await buildStaticFiles({
  build,
  folder: here("."),
  built: here("../static/clinic/calendar/built/"),
  options: { entryPoints: { page: "src/main.js" } },
  name: "The calendar's",
  target: "calendar",
});
