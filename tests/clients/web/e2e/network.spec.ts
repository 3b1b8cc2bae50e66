import type { Page } from "@playwright/test";
import { expect, test } from "./test";

/** Cut and restore the connection of a page to the server, for requests and for the WebSocket. */
async function breakable(page: Page) {
  let isCut = false;
  const close: (() => void)[] = [];
  await page.route("**/graphql/", (route) => (isCut ? route.abort() : route.continue()));
  await page.routeWebSocket(/\/graphql\//, (socket) => {
    if (isCut) return void socket.close({ code: 1012 });
    socket.connectToServer();
    close.push(() => void socket.close({ code: 1012 }));
  });
  // The socket that was opened before is not routed.
  await page.reload();
  return {
    cut() { isCut = true; for (const end of close.splice(0)) end(); },
    restore() { isCut = false; },
  };
}
const notice = (page: Page) => page.getByRole("status", { name: "Connection" });

test("a page says that it is offline, and continues by itself", async ({ as }) => {
  const page = await as("Ann");
  await expect(page.getByText("Found: 6")).toBeVisible();
  await page.context().setOffline(true);
  await expect(notice(page)).toContainText("You are offline.");
  await page.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await expect(page.getByText("Loading…")).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.getByRole("button", { name: "11:00" }).first()).toBeVisible();
  await expect(notice(page)).toBeEmpty();
});

test("after a lost connection the live updates continue, and what was missed is fetched", async ({ as }) => {
  const [doctor, patient] = [await as("Nina"), await as("Ann")];
  const connection = await breakable(doctor);
  await expect(doctor.getByRole("article")).toHaveCount(2);
  connection.cut();
  await expect(notice(doctor)).toContainText("The clinic’s server cannot be reached.");
  await expect(doctor.getByRole("article")).toHaveCount(2);

  await patient.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  const monday = patient.getByRole("region", { name: "Monday 2 March" });
  await monday.getByRole("button", { name: "11:00" }).click();
  await patient.getByRole("button", { name: "Book this appointment" }).click();
  await expect(patient.getByRole("article")).toContainText("pending");
  await expect(doctor.getByRole("article")).toHaveCount(2);
  connection.restore();
  await notice(doctor).getByRole("button", { name: "Try now" }).click();
  await expect(doctor.getByRole("article")).toHaveCount(3);
  await expect(notice(doctor)).toBeEmpty();

  await patient.getByRole("button", { name: "Cancel appointment" }).click();
  await patient.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(doctor.getByRole("article").filter({ hasText: "Ann Bergmann" })).toContainText("cancelled");
});

test("a booking whose response was lost is sent again with its key, and books once", async ({ as }) => {
  const page = await as("Ann");
  const keys: string[] = [];
  await page.route("**/graphql/", async (route) => {
    const { operationName, variables } = route.request().postDataJSON();
    if (operationName !== "Book") return route.continue();
    keys.push(variables.input.idempotencyKey);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await page.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await page.getByRole("region", { name: "Monday 2 March" }).getByRole("button", { name: "11:00" }).click();
  await page.getByRole("button", { name: "Book this appointment" }).click();
  await expect(page.getByRole("article")).toContainText("pending");
  expect(keys).toEqual([keys[0], keys[0]]);
  await page.getByRole("link", { name: "My appointments" }).click();
  await expect(page.getByRole("article")).toHaveCount(1);
});

test("a booking that gets no answer for long can be sent again by the user, with its key", async ({ as }) => {
  const page = await as("Ann");
  const keys = new Set<string>();
  let attempts = 0;
  let isLost = true;
  await page.route("**/graphql/", async (route) => {
    const { operationName, variables } = route.request().postDataJSON();
    if (operationName === "Book") { attempts++; keys.add(variables.input.idempotencyKey); }
    return operationName === "Book" && isLost ? route.abort() : route.continue();
  });
  await page.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await page.getByRole("region", { name: "Monday 2 March" }).getByRole("button", { name: "11:00" }).click();
  await page.getByRole("button", { name: "Book this appointment" }).click();
  await expect(page.getByText("booking…")).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("The clinic’s server did not answer.", { timeout: 60_000 });
  await expect(page.getByRole("article")).toHaveCount(0);
  isLost = false;
  await page.getByRole("button", { name: "Book this appointment" }).click();
  await expect(page.getByRole("article")).toContainText("pending");
  expect([attempts, keys.size]).toEqual([7, 1]);
});

test("a change that got no answer is reported where it was made, and can be repeated", async ({ as }) => {
  const page = await as("Ben");
  await page.getByRole("link", { name: "My appointments" }).click();
  await page.route("**/graphql/", (route) => route.abort());
  await page.getByRole("button", { name: "Cancel appointment" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(dialog.getByRole("alert")).toContainText("The clinic’s server did not answer.");
  await expect(notice(page)).toContainText("The clinic’s server cannot be reached.");
  await page.unroute("**/graphql/");
  await dialog.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(page.getByRole("article")).toContainText("cancelled");
  await expect(notice(page)).toBeEmpty();
});
