import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "./test";

test("cancelling asks first, by keyboard: Escape keeps the appointment, and Enter twice does too", async ({ as }) => {
  const page = await as("Ben");
  await page.getByRole("link", { name: "My appointments" }).click();
  const appointment = page.getByRole("article");
  const cancel = appointment.getByRole("button", { name: "Cancel appointment" });
  const dialog = page.getByRole("dialog", { name: "Cancel this appointment?" });
  await cancel.focus();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("button", { name: "Keep it" })).toBeFocused();
  expect((await new AxeBuilder({ page }).include("dialog").analyze()).violations).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(cancel).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(appointment).toContainText("confirmed");

  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Tab");
  await expect(dialog.getByLabel("Reason (optional)")).toBeFocused();
  await page.keyboard.type("I am away");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(dialog.getByRole("button", { name: "Yes, cancel it" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("list", { name: "Past and cancelled appointments" })).toContainText("Cancelled: I am away");
  await expect(page.getByRole("main")).toBeFocused();
});
