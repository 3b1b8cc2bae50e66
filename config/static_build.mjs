/**
 * Builds a page's static files, and the licences of what they contain, from a lock file.
 * With --check, writes nothing and fails if the committed files differ from a fresh build.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

/**
 * `build` is esbuild's, of the package in `folder`, and `options` are added to those of every page.
 * `name` is what the files are called in messages, and `target` the target of make that builds them.
 */
export async function buildStaticFiles({ build, folder, built, options, name, target }) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    outdir: built,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "none", // licences.txt has them
    metafile: true,
    write: false,
    logLevel: "warning",
    ...options,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
  files.set("licences.txt", Buffer.from(await licences(folder, Object.keys(metafile.inputs))));
  if (!process.argv.includes("--check")) return await write(files, built);
  const stale = await differing(files, built);
  if (stale.length === 0) return;
  console.error(`${name} built files are not those of its lock and sources (${stale.join(", ")}): run \`make ${target}\`.`);
  process.exitCode = 1;
}

async function write(files, built) {
  await rm(built, { recursive: true, force: true });
  await mkdir(built, { recursive: true });
  for (const [name, contents] of files) await writeFile(join(built, name), contents);
}

async function differing(files, built) {
  const names = new Set([...files.keys(), ...(await readdir(built))]);
  const stale = [];
  for (const name of names) {
    const committed = await readFile(join(built, name)).catch(() => null);
    if (!files.has(name) || !committed?.equals(files.get(name))) stale.push(name);
  }
  return stale;
}

/** Name, version and licence texts of each package that `inputs` come from. */
async function licences(folder, inputs) {
  const packages = inputs.map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  const folders = [...new Set(packages)].filter(Boolean).map((path) => join(folder, path));
  const texts = await Promise.all(folders.map(licenceOf));
  return [...new Set(texts)].sort().join(`\n${"-".repeat(72)}\n\n`);
}

async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const names = (await readdir(folder)).filter((file) => /^(licen[cs]e|thirdpartynotices)/i.test(file)).sort();
  const texts = await Promise.all(names.map((file) => readFile(join(folder, file), "utf8")));
  const text = texts.map((text) => text.replaceAll("\r\n", "\n").trim()).join("\n\n");
  return `${name} ${version}, ${license}\n\n${text || `The package has no licence file; its package.json names ${license}.`}\n`;
}
