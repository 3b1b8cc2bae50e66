/**
 * Bundle the calendar page and the licences of what it contains into the static files.
 * With --check, write nothing and fail if the committed files differ from a fresh build.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const BUILT = here("../static/clinic/calendar/built/");

const { outputFiles, metafile } = await build({
  absWorkingDir: here("."),
  entryPoints: { page: "src/main.js" },
  outdir: BUILT,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none", // licences.txt has them
  metafile: true,
  write: false,
  logLevel: "warning",
});
const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
files.set("licences.txt", Buffer.from(await licences(Object.keys(metafile.inputs))));

if (process.argv.includes("--check")) await check();
else await write();

async function write() {
  await rm(BUILT, { recursive: true, force: true });
  await mkdir(BUILT, { recursive: true });
  for (const [name, contents] of files) await writeFile(join(BUILT, name), contents);
}

async function check() {
  const names = new Set([...files.keys(), ...(await readdir(BUILT))]);
  const stale = [];
  for (const name of names) {
    const committed = await readFile(join(BUILT, name)).catch(() => null);
    if (!files.has(name) || !committed?.equals(files.get(name))) stale.push(name);
  }
  if (stale.length === 0) return;
  console.error(`The calendar's built files are not those of its lock and sources (${stale.join(", ")}): run \`make calendar\`.`);
  process.exitCode = 1;
}

/** Name, version and licence texts of each package that `inputs` come from. */
async function licences(inputs) {
  const folders = inputs.map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  const texts = await Promise.all([...new Set(folders)].filter(Boolean).map(licenceOf));
  return [...new Set(texts)].sort().join(`\n${"-".repeat(72)}\n\n`);
}

async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(here(`${folder}/package.json`), "utf8"));
  const names = (await readdir(here(folder))).filter((file) => /^licen[cs]e/i.test(file)).sort();
  const texts = await Promise.all(names.map((file) => readFile(here(`${folder}/${file}`), "utf8")));
  const text = texts.map((text) => text.replaceAll("\r\n", "\n").trim()).join("\n\n");
  return `${name} ${version}, ${license}\n\n${text || `The package has no licence file; its package.json names ${license}.`}\n`;
}
