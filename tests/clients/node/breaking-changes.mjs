/**
 * `make breaking`: fail if schema/schema.graphql, as it stands in this folder, breaks clients of an
 * earlier version and CHANGELOG does not name the change (see docs/api/versioning.md).
 *
 * The earlier version is that of the last tag; without one, of the main branch; on the main branch
 * itself, the one before.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const SDL = "schema/schema.graphql";
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const git = (...args) => execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();

/** What git says, or nothing if there is no such thing. */
function ask(...args) {
  const { status, stdout } = spawnSync("git", args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}

const head = git("rev-parse", "HEAD");
const tag = lastTag();
const earlier = tag || startOfBranch() || versionBefore();
if (!earlier || !ask("rev-parse", `${earlier}:${SDL}`)) {
  console.log(`${SDL} is the first version: there is none to compare it with.`);
} else {
  console.log(`Comparing ${SDL} with ${tag || `that of commit ${earlier.slice(0, 7)}`}.`);
  const { status } = spawnSync(
    process.execPath,
    [
      here("node_modules/@graphql-inspector/cli/cjs/index.js"),
      ...["diff", `git:${earlier}:${SDL}`, SDL, "--rule", here("named-in-changelog.mjs")],
    ],
    { stdio: "inherit", env: { ...process.env, LAST_TAG: tag } },
  );
  process.exitCode = status ?? 1;
}

function lastTag() {
  // A tag on what is looked at is the one it is released by.
  const isCommitted = ask("status", "--porcelain", "--", SDL, "CHANGELOG.md") === "";
  const last = ask("describe", "--tags", "--abbrev=0", "--match=v[0-9]*", isCommitted ? "HEAD^" : "HEAD");
  if (!last && git("rev-parse", "--is-shallow-repository") === "true")
    throw new Error("This clone is shallow and may hide the last tag: `git fetch --unshallow --tags` first.");
  return last;
}

function startOfBranch() {
  const starts = ["origin/main", "main"].map((main) => ask("merge-base", "HEAD", main));
  return starts.find((commit) => commit && commit !== head);
}

function versionBefore() {
  const current = git("hash-object", SDL);
  const commits = git("rev-list", "HEAD", "--", SDL).split("\n");
  return commits.find((commit) => ask("rev-parse", `${commit}:${SDL}`) !== current);
}
