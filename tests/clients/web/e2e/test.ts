import { expect, test as base, type BrowserContext, type Page } from "@playwright/test";
import { preview } from "vite";
import { PASSWORD, startServer } from "../../live-server.mjs";
import { proxyTo } from "../vite.config";

type Fixtures = {
  /** A server with tests/clients/world.py's people, this test's own. */
  server: Awaited<ReturnType<typeof startServer>>;
  /** Opens the application in a browser of its own, and signs somebody in. */
  as: (firstName: string) => Promise<Page>;
};

export const test = base.extend<Fixtures>({
  server: async ({}, use) => {
    const server = await startServer();
    await use(server);
    await server.stop();
  },
  baseURL: async ({ server }, use) => {
    const where = { host: "127.0.0.1", port: 0, proxy: proxyTo(server.url) };
    const host = await preview({ logLevel: "silent", preview: where });
    await use(host.resolvedUrls!.local[0]!);
    await host.close();
  },
  as: async ({ browser, contextOptions, baseURL }, use) => {
    const contexts: BrowserContext[] = [];
    const errors: Error[] = [];
    await use(async (firstName) => {
      const context = await browser.newContext({ ...contextOptions, baseURL });
      contexts.push(context);
      context.on("weberror", (event) => errors.push(event.error()));
      const page = await context.newPage();
      await signIn(page, firstName);
      return page;
    });
    for (const context of contexts) await context.close();
    expect(errors).toEqual([]);
  },
});
export { expect };

async function signIn(page: Page, firstName: string) {
  await page.goto("/");
  await page.getByLabel("E-mail").fill(`${firstName.toLowerCase()}@example.org`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Update one of the documentation's screenshots, if asked to: `npm run screenshots`. */
export async function picture(page: Page, name: string) {
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `screenshots/${name}.png` });
}
