/** `make breaking`, in repositories of its own: what it refuses, and what it lets pass. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

const CHECK = fileURLToPath(new URL("breaking-changes.mjs", import.meta.url));
const WITH_NOTES = "type Query { visit: Visit }\ntype Visit { date: String!, notes: String }\n";
const WITHOUT_NOTES = "type Query { visit: Visit }\ntype Visit { date: String! }\n";
const WITH_MORE = "type Query { visit: Visit }\ntype Visit { date: String!, notes: String, time: String }\n";
const REFUSED = /Field notes was removed from object type Visit: CHANGELOG does not name `Visit\.notes` as changed/;

const changelog = (unreleased, released = "") => `# Changelog\n\n## [Unreleased]\n\n${unreleased}\n${released}`;
const ADDED = changelog("### Added\n\n- `Visit.notes`\n");
const REMOVED = changelog("### Removed\n\n- `Visit.notes`: it is in `Visit.date`.\n");
const NAMED_BEFORE = changelog("### Added\n\n- More.\n", "\n## [1.0.0]\n\n### Removed\n\n- `Visit.notes`\n");
const RELEASED = changelog("", "\n## [2.0.0]\n\n### Removed\n\n- `Visit.notes`\n\n## [1.0.0]\n");

// None of what git tells its hooks: they are of another repository.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
const folders = mkdtempSync(join(tmpdir(), "cybermed-breaking-"));
after(() => rmSync(folders, { recursive: true }));

let repository;
beforeEach(() => {
  repository = mkdtempSync(join(folders, "repository-"));
  mkdirSync(join(repository, "schema"));
  git("init", "--quiet", "--initial-branch=main");
});

const git = (...args) =>
  execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.org", ...args], { cwd: repository, env });

function write(sdl, changes = ADDED) {
  writeFileSync(join(repository, "schema/schema.graphql"), sdl);
  writeFileSync(join(repository, "CHANGELOG.md"), changes);
}

function commit(sdl, changes) {
  write(sdl, changes);
  git("add", ".");
  git("commit", "--quiet", "--allow-empty", "--message=A version");
}

function check(cwd = repository) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECK], { cwd, env, encoding: "utf8" });
  return { passes: status === 0, told: stdout + stderr };
}

function assertRefused() {
  const { passes, told } = check();
  assert.match(told, REFUSED);
  assert.equal(passes, false);
}

function assertPasses(told) {
  const outcome = check();
  assert.match(outcome.told, told);
  assert.equal(outcome.passes, true);
}

test("a breaking change is refused on a branch until CHANGELOG names it as removed", () => {
  commit(WITH_NOTES);
  git("switch", "--quiet", "--create=branch");
  commit(WITHOUT_NOTES);
  commit(WITHOUT_NOTES, changelog("### Fixed\n\n- Another thing.\n"));
  assertRefused();
  write(WITHOUT_NOTES, REMOVED);
  assertPasses(/No breaking changes detected/);
});

test("it is refused before it is committed, and after, on the main branch itself", () => {
  commit(WITH_NOTES);
  write(WITHOUT_NOTES);
  assertRefused();
  commit(WITHOUT_NOTES);
  commit(WITHOUT_NOTES);
  assertRefused();
});

test("what the last release had counts, whatever became of it since", () => {
  commit(WITH_NOTES, NAMED_BEFORE);
  git("tag", "v1.0.0");
  commit(WITHOUT_NOTES, NAMED_BEFORE);
  commit(WITHOUT_NOTES + "type Bill { sum: Int }", NAMED_BEFORE);
  assertRefused();
});

test("a release that names it passes, with its tag and without", () => {
  commit(WITH_NOTES);
  git("tag", "v1.0.0");
  commit(WITHOUT_NOTES, RELEASED);
  assertPasses(/with v1\.0\.0[^]*No breaking changes detected/);
  git("tag", "v2.0.0");
  assertPasses(/with v1\.0\.0[^]*No breaking changes detected/);
});

test("a release that CHANGELOG has no section for is told of", () => {
  commit(WITH_NOTES);
  git("tag", "v1.0.0");
  write(WITHOUT_NOTES);
  const { passes, told } = check();
  assert.match(told, /CHANGELOG\.md has no section for v1\.0\.0/);
  assert.equal(passes, false);
});

test("what is added breaks nothing", () => {
  commit(WITH_NOTES);
  write(WITH_MORE);
  assertPasses(/No breaking changes detected/);
});

test("the first version has none to be compared with", () => {
  commit(WITH_NOTES);
  assertPasses(/is the first version/);
});

test("a clone without the history is no first version", () => {
  commit(WITH_NOTES);
  commit(WITHOUT_NOTES);
  git("clone", "--quiet", "--depth=1", `file://${repository}`, "shallow");
  const { passes, told } = check(join(repository, "shallow"));
  assert.match(told, /This clone is shallow/);
  assert.equal(passes, false);
});
