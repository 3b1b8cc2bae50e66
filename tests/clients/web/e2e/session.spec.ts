import { expect, test } from "./test";

const HOUR = 60 * 60;

test("an expired token is renewed once for all who wait, and nobody notices", async ({ as, server }) => {
  const page = await as("Ann");
  // What the first page asked for has been answered.
  await expect(page.getByRole("link", { name: "Dr. Nina Okafor" })).toBeVisible();
  const operations: string[] = [];
  page.on("request", (request) => operations.push((request.postDataJSON() ?? {}).operationName));
  await server.forward(HOUR);
  await page.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await expect(page.getByRole("button", { name: "11:00" }).first()).toBeVisible();
  await expect(page.getByText("Pick a time")).toBeVisible();
  expect(operations.sort()).toEqual(["DoctorToBook", "DoctorToBook", "MyVisits", "MyVisits", "OpenSlots", "Renew"]);
});

test("live updates go on after the token was renewed", async ({ as, server }) => {
  const doctor = await as("Nina");
  const patient = await as("Ann");
  await expect(doctor.getByRole("article")).toHaveCount(2);
  await server.forward(HOUR);
  await patient.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await patient.getByRole("region", { name: "Monday 2 March" }).getByRole("button", { name: "12:00" }).click();
  await patient.getByRole("button", { name: "Book this visit" }).click();
  await expect(doctor.getByRole("article").filter({ hasText: "Ann Bergmann" })).toContainText("pending");
});

test("a reload keeps one signed in, another tab too, and signing out ends both", async ({ as }) => {
  const page = await as("Ann");
  await page.reload();
  await expect(page.getByText("Ann Bergmann")).toBeVisible();
  const tab = await page.context().newPage();
  await tab.goto("/#/visits");
  await expect(tab.getByText("Nothing is booked.")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await expect(tab.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("a wrong password is said in the form", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("E-mail").fill("ann@example.org");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
});

test("problems stand beside their fields, until the account is good", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "I am new here" }).click();
  await page.getByLabel("First name").fill("Dana");
  await page.getByLabel("Last name").fill("Eriksen");
  await page.getByLabel("E-mail").fill("ann@example.org");
  await page.getByLabel("Password").fill("123");
  await page.getByRole("button", { name: "Open my account" }).click();
  await expect(page.getByLabel("E-mail")).toHaveAccessibleDescription(/already/);
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription(/too short/);

  await page.getByLabel("E-mail").fill("dana@example.org");
  await page.getByLabel("Password").fill("a quiet harbour at dawn");
  await page.getByRole("button", { name: "Open my account" }).click();
  await page.getByLabel("Date of birth").fill("2090-01-01");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByLabel("Date of birth")).toHaveAccessibleDescription(/less than or equal to 2026-03-02/);
  await page.getByLabel("Date of birth").fill("1990-05-17");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "Find a doctor" })).toBeVisible();
});
