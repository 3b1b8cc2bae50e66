import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

// Django warns about each media file that it serves itself, which it does in development only.
const QUIET = ["-W", "ignore:StreamingHttpResponse must consume"];

/** The password of all accounts of tests/clients/world.py. */
export const PASSWORD = "correct horse battery staple";

/**
 * Start a separate server process on a free port. The environment variable `PYTHON` names the
 * interpreter, `settings` adds to the environment of the server. `forward(seconds)` moves the
 * server's clock ahead, `emailedPage(address)` returns the page to which the link of the latest email
 * to an address leads, `stop()` ends the server and removes its files.
 * @param {Record<string, string>} settings
 */
export async function startServer(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "cybermed-"));
  const child = spawn(process.env.PYTHON ?? join(ROOT, ".venv/bin/python"), [...QUIET, "-m", "tests.clients.server"], {
    cwd: ROOT,
    env: {
      ...process.env,
      DJANGO_SETTINGS_MODULE: "tests.clients.settings",
      DATABASE_URL: `sqlite:///${folder}/db.sqlite3`,
      MEDIA_ROOT: join(folder, "media"),
      EMAIL_FILE_PATH: join(folder, "emails"),
      ...settings,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: url } = await lines.next();
  if (!url) throw new Error("The server did not start; see its output above.");
  return {
    url,
    /** @param {number} seconds */
    async forward(seconds) {
      child.stdin.write(`${seconds}\n`);
      await lines.next();
    },
    /** @param {string} address */
    emailedPage: (address) => emailedPage(join(folder, "emails"), address),
    async stop() {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * @param {string} folder
 * @param {string} address
 */
async function emailedPage(folder, address) {
  const emails = await Promise.all((await readdir(folder)).map(async (name) => {
    const file = join(folder, name);
    return { sentAt: (await stat(file)).mtimeMs, text: await readFile(file, "utf8") };
  }));
  const links = emails.sort((one, other) => other.sentAt - one.sentAt)
    .filter(({ text }) => text.includes(`\nTo: ${address}\n`))
    // A long link of a text in quoted-printable continues on the next line.
    .map(({ text }) => text.replace(/=\r?\n/g, "").match(/http:\/\/front-end\.test(\/\S+)/)?.[1]);
  const latest = links.find((link) => link);
  if (!latest) throw new Error(`No email to ${address} has a link to the front end.`);
  return latest;
}
