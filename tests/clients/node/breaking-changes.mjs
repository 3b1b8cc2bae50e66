/**
 * `make breaking`: fail if schema/schema.graphql, as it stands in this folder, breaks clients of an
 * earlier version and CHANGELOG does not name the change (see docs/api/versioning.md).
 *
 * The earlier version is the one of the last tag; without a tag, the one of the main branch; on the
 * main branch itself, the previous version of the file.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const SDL = "schema/schema.graphql";
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const git = (...args) => execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();

/** Return the output of a git command, or "" if the command fails. */
function tryGit(...args) {
  const { status, stdout } = spawnSync("git", args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}

const head = git("rev-parse", "HEAD");
const tag = lastTag();
const earlier = tag || startOfBranch() || versionBefore();
if (!earlier || !tryGit("rev-parse", `${earlier}:${SDL}`)) {
  console.log(`${SDL} is the first version: there is no earlier one to compare it with.`);
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
  // A tag on HEAD itself marks the release of this version, so the earlier version is before it.
  const isCommitted = tryGit("status", "--porcelain", "--", SDL, "CHANGELOG.md") === "";
  const last = tryGit("describe", "--tags", "--abbrev=0", "--match=v[0-9]*", isCommitted ? "HEAD^" : "HEAD");
  if (!last && git("rev-parse", "--is-shallow-repository") === "true")
    throw new Error("This clone is shallow and can lack the last tag. Run `git fetch --unshallow --tags` first.");
  return last;
}

function startOfBranch() {
  const starts = ["origin/main", "main"].map((main) => tryGit("merge-base", "HEAD", main));
  return starts.find((commit) => commit && commit !== head);
}

function versionBefore() {
  const current = git("hash-object", SDL);
  const commits = git("rev-list", "HEAD", "--", SDL).split("\n");
  return commits.find((commit) => tryGit("rev-parse", `${commit}:${SDL}`) !== current);
}
