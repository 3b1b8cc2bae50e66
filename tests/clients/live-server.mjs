import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

// Django says so of every file it serves by itself, as it does in development only.
const QUIET = ["-W", "ignore:StreamingHttpResponse must consume"];

/** The password of everybody in tests/clients/world.py. */
export const PASSWORD = "correct horse battery staple";

/**
 * Start a server of one's own, in a process of its own, on a free port; `PYTHON` names the
 * interpreter, `settings` adds to its environment. `forward(seconds)` moves its clock ahead,
 * `stop()` ends it and removes its files.
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
      ...settings,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: url } = await lines.next();
  if (!url) throw new Error("The server did not start; its reason stands above.");
  return {
    url,
    /** @param {number} seconds */
    async forward(seconds) {
      child.stdin.write(`${seconds}\n`);
      await lines.next();
    },
    async stop() {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
