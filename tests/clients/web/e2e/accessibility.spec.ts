import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { addChild, expect, test } from "./test";

/** Return what axe reports against WCAG 2.2, levels A and AA. */
async function violations(page: Page) {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await new AxeBuilder({ page }).withTags(rules).analyze();
  return found.violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }));
}

test("no page violates WCAG 2.2 AA", async ({ page, as }) => {
  for (const path of ["/", "/#/forgotten-password", "/#/choose-password/token", "/#/verify-email/token"]) {
    await page.goto(path);
    await expect(page.getByRole("button").first()).toBeVisible();
    expect(await violations(page)).toEqual([]);
  }

  const patient = await as("Ann");
  await expect(patient.getByText("Found: 6")).toBeVisible();
  expect(await violations(patient)).toEqual([]);
  await patient.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await patient.getByRole("button", { name: "11:00" }).first().click();
  await expect(patient.getByLabel("What is it about?")).toBeFocused();
  expect(await violations(patient)).toEqual([]);
  await patient.keyboard.press("Enter");
  await expect(patient.getByRole("article")).toContainText("pending");
  expect(await violations(patient)).toEqual([]);
  await patient.getByRole("link", { name: "Find a doctor" }).click();
  await patient.getByRole("link", { name: "Dr. Jonas Lindqvist" }).click();
  await patient.getByRole("button", { name: "Later" }).click();
  await expect(patient.getByText("The clinic is closed")).toBeVisible();
  expect(await violations(patient)).toEqual([]);
  await patient.getByRole("link", { name: "Account" }).click();
  expect(await violations(patient)).toEqual([]);

  await patient.getByRole("link", { name: "Family", exact: true }).click();
  await addChild(patient);
  expect(await violations(patient)).toEqual([]);
  await patient.getByRole("link", { name: "My appointments" }).click();
  await patient.getByRole("button", { name: "History" }).click();
  await expect(patient.getByRole("list", { name: "History" })).toBeVisible();
  expect(await violations(patient)).toEqual([]);
  await patient.getByRole("button", { name: "Cancel appointment" }).click();
  await expect(patient.getByRole("dialog")).toBeVisible();
  expect(await violations(patient)).toEqual([]);
  await patient.context().setOffline(true);
  await expect(patient.getByText("You are offline.")).toBeVisible();
  expect(await violations(patient)).toEqual([]);

  const unverified = await as("Eva");
  await expect(unverified.getByRole("region", { name: "Your email address" })).toBeVisible();
  expect(await violations(unverified)).toEqual([]);
  const assistant = await as("Gita");
  await expect(assistant.getByRole("article")).toHaveCount(4);
  expect(await violations(assistant)).toEqual([]);

  const doctor = await as("Nina");
  await expect(doctor.getByRole("article")).toHaveCount(3);
  expect(await violations(doctor)).toEqual([]);
});

test("no page is wider than a screen of 360 pixels", async ({ page, as }) => {
  const narrow = { width: 360, height: 740 };
  const excess = (each: Page) => each.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await page.setViewportSize(narrow);
  await page.goto("/");
  expect(await excess(page)).toBe(0);

  const patient = await as("Ann");
  await patient.setViewportSize(narrow);
  await expect(patient.getByText("Found: 6")).toBeVisible();
  expect(await excess(patient)).toBe(0);
  await patient.getByRole("link", { name: "Family", exact: true }).click();
  await addChild(patient);
  expect(await excess(patient)).toBe(0);
  await patient.getByRole("article").getByRole("link", { name: "Find a doctor" }).click();
  await patient.getByRole("link", { name: "Dr. Jonas Lindqvist" }).click();
  await patient.getByRole("radio", { name: "Mia Bergmann" }).check();
  await patient.getByRole("button", { name: "11:00" }).first().click();
  expect(await excess(patient)).toBe(0);

  const assistant = await as("Gita");
  await assistant.setViewportSize(narrow);
  await expect(assistant.getByRole("article")).toHaveCount(3);
  await assistant.getByRole("button", { name: "Reschedule" }).first().click();
  await expect(assistant.getByRole("button", { name: "15:00" }).first()).toBeVisible();
  expect(await excess(assistant)).toBe(0);
});
