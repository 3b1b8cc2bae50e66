import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./test";

/** Return what axe reports against WCAG 2.2, levels A and AA. */
async function violations(page: Page) {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await new AxeBuilder({ page }).withTags(rules).analyze();
  return found.violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }));
}

test("no page violates WCAG 2.2 AA", async ({ page, as }) => {
  await page.goto("/");
  expect(await violations(page)).toEqual([]);

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
  await patient.getByRole("link", { name: "Account" }).click();
  expect(await violations(patient)).toEqual([]);

  const doctor = await as("Nina");
  await expect(doctor.getByRole("article")).toHaveCount(3);
  expect(await violations(doctor)).toEqual([]);
});
