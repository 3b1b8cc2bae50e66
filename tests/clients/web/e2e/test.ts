import { expect, test as base, type BrowserContext, type Page } from "@playwright/test";
import { createServer, preview } from "vite";
import { PASSWORD, startServer } from "../../live-server.mjs";
import { proxyTo } from "../vite.config";

type Fixtures = {
  /** Serve the development build, in which React and Apollo Client log warnings. */
  development: boolean;
  /** A server for this test alone, with the people of tests/clients/world.py. */
  server: Awaited<ReturnType<typeof startServer>>;
  /** Opens the front end in a new browser context and signs in by first name. */
  as: (firstName: string) => Promise<Page>;
};

export const test = base.extend<Fixtures>({
  server: async ({}, use) => {
    const server = await startServer();
    await use(server);
    await server.stop();
  },
  development: [false, { option: true }],
  baseURL: async ({ server, development }, use) => {
    const options = { host: "127.0.0.1", port: 0, proxy: proxyTo(server.url) };
    const host = development
      ? await (await createServer({ logLevel: "silent", server: options })).listen()
      : await preview({ logLevel: "silent", preview: options });
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
  await page.getByLabel("Email").fill(`${firstName.toLowerCase()}@example.org`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** On the family page, add Mia Bergmann as a child of the user; return her card. */
export async function addChild(page: Page) {
  const form = page.getByRole("region", { name: "Add somebody" });
  await form.getByLabel("First name").fill("Mia");
  await form.getByLabel("Last name").fill("Bergmann");
  await form.getByLabel("Date of birth").fill("2019-06-01");
  await form.getByLabel("You are their").selectOption("Parent");
  await form.getByRole("button", { name: "Add" }).click();
  const child = page.getByRole("article", { name: "Mia Bergmann" });
  await expect(child).toContainText("Born 1 June 2019");
  await expect(child).toContainText("Parent: Ann Bergmann (you)");
  return child;
}

/** Update one of the documentation's screenshots, if asked to: `npm run screenshots`. */
export async function picture(page: Page, name: string, height = 760) {
  if (!process.env["SCREENSHOTS"]) return;
  await page.setViewportSize({ width: 1100, height });
  await page.screenshot({ path: `screenshots/${name}.png` });
}
