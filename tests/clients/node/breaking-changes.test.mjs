/** `make breaking`, run in temporary repositories: which changes it rejects and which it accepts. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

const CHECK = fileURLToPath(new URL("breaking-changes.mjs", import.meta.url));
const WITH_NOTES = "type Query { appointment: Appointment }\ntype Appointment { date: String!, notes: String }\n";
const WITHOUT_NOTES = "type Query { appointment: Appointment }\ntype Appointment { date: String! }\n";
const WITH_MORE = "type Query { appointment: Appointment }\ntype Appointment { date: String!, notes: String, time: String }\n";
const REJECTED = /Field notes was removed from object type Appointment: CHANGELOG does not name `Appointment\.notes` as changed/;

const changelog = (unreleased, released = "") => `# Changelog\n\n## [Unreleased]\n\n${unreleased}\n${released}`;
const ADDED = changelog("### Added\n\n- `Appointment.notes`\n");
const REMOVED = changelog("### Removed\n\n- `Appointment.notes`: it is in `Appointment.date`.\n");
const NAMED_BEFORE = changelog("### Added\n\n- More.\n", "\n## [1.0.0]\n\n### Removed\n\n- `Appointment.notes`\n");
const RELEASED = changelog("", "\n## [2.0.0]\n\n### Removed\n\n- `Appointment.notes`\n\n## [1.0.0]\n");

// Git sets GIT_* variables for its hooks; they would point at the outer repository.
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
  return { passes: status === 0, output: stdout + stderr };
}

function assertRejected() {
  const { passes, output } = check();
  assert.match(output, REJECTED);
  assert.equal(passes, false);
}

function assertPasses(expected) {
  const outcome = check();
  assert.match(outcome.output, expected);
  assert.equal(outcome.passes, true);
}

test("a breaking change on a branch is rejected until CHANGELOG names it as removed", () => {
  commit(WITH_NOTES);
  git("switch", "--quiet", "--create=branch");
  commit(WITHOUT_NOTES);
  commit(WITHOUT_NOTES, changelog("### Fixed\n\n- Another thing.\n"));
  assertRejected();
  write(WITHOUT_NOTES, REMOVED);
  assertPasses(/No breaking changes detected/);
});

test("a breaking change on the main branch is rejected before and after it is committed", () => {
  commit(WITH_NOTES);
  write(WITHOUT_NOTES);
  assertRejected();
  commit(WITHOUT_NOTES);
  commit(WITHOUT_NOTES);
  assertRejected();
});

test("the comparison is with the last release, whatever was committed since", () => {
  commit(WITH_NOTES, NAMED_BEFORE);
  git("tag", "v1.0.0");
  commit(WITHOUT_NOTES, NAMED_BEFORE);
  commit(WITHOUT_NOTES + "type Bill { sum: Int }", NAMED_BEFORE);
  assertRejected();
});

test("a release that names the change passes, with its tag and without", () => {
  commit(WITH_NOTES);
  git("tag", "v1.0.0");
  commit(WITHOUT_NOTES, RELEASED);
  assertPasses(/with v1\.0\.0[^]*No breaking changes detected/);
  git("tag", "v2.0.0");
  assertPasses(/with v1\.0\.0[^]*No breaking changes detected/);
});

test("a release without a section in CHANGELOG is an error", () => {
  commit(WITH_NOTES);
  git("tag", "v1.0.0");
  write(WITHOUT_NOTES);
  const { passes, output } = check();
  assert.match(output, /CHANGELOG\.md has no section for v1\.0\.0/);
  assert.equal(passes, false);
});

test("an added field passes", () => {
  commit(WITH_NOTES);
  write(WITH_MORE);
  assertPasses(/No breaking changes detected/);
});

test("the first version passes, as there is no earlier one", () => {
  commit(WITH_NOTES);
  assertPasses(/is the first version/);
});

test("a shallow clone is an error instead of a first version", () => {
  commit(WITH_NOTES);
  commit(WITHOUT_NOTES);
  git("clone", "--quiet", "--depth=1", `file://${repository}`, "shallow");
  const { passes, output } = check(join(repository, "shallow"));
  assert.match(output, /This clone is shallow/);
  assert.equal(passes, false);
});
