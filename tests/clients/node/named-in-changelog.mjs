/**
 * A rule for `graphql-inspector diff`: a change that breaks clients is accepted if CHANGELOG names it
 * by its schema coordinate, under "Changed" or "Removed", in a version later than the compared tag.
 */
import { readFileSync } from "node:fs";

const LAST_TAG = process.env.LAST_TAG ?? "";

export default function namedInChangelog({ changes }) {
  const named = namesIn(unreleased(readFileSync("CHANGELOG.md", "utf8")));
  return changes.map((change) => {
    const name = change.path ?? "schema";
    if (change.criticality.level !== "BREAKING") return change;
    if (named.has(name)) return { ...change, criticality: { level: "DANGEROUS" } };
    return { ...change, message: `${change.message}: CHANGELOG does not name \`${name}\` as changed or removed` };
  });
}

function unreleased(changelog) {
  if (!LAST_TAG) return changelog;
  const [since, before] = changelog.split(`\n## [${LAST_TAG.slice(1)}]`);
  if (before === undefined) throw new Error(`CHANGELOG.md has no section for ${LAST_TAG}.`);
  return since;
}

function namesIn(changelog) {
  const sections = changelog.matchAll(/^### (?:Changed|Removed)\n(.*?)(?=^##|$(?![^]))/gms);
  return new Set([...sections].flatMap(([, text]) => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));
}
