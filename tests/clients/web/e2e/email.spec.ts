import type { Page } from "@playwright/test";
import { expect, test } from "./test";

const book = async (page: Page, time: string) => {
  await page.getByRole("region", { name: "Tuesday 3 March" }).getByRole("button", { name: time }).click();
  await page.getByRole("button", { name: "Book this appointment" }).click();
};

test("a forgotten password is replaced by the page to which the emailed link leads", async ({ page, server }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Forgotten password?" }).click();
  await page.getByLabel("Email").fill("ann@example.org");
  await page.getByRole("button", { name: "Send me a link" }).click();
  await expect(page.getByText("If there is an account with the address ann@example.org")).toBeVisible();

  await page.goto(await server.emailedPage("ann@example.org"));
  await page.getByLabel("New password").fill("12345");
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page.getByLabel("New password")).toHaveAccessibleDescription(/too short/);
  await page.getByLabel("New password").fill("a quiet harbour at dawn");
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page.getByText("Your new password is set.")).toBeVisible();
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Email").fill("ann@example.org");
  await page.getByLabel("Password").fill("a quiet harbour at dawn");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("Ann Bergmann")).toBeVisible();
});

test("a link that does not work is rejected, with a way to get another one", async ({ page }) => {
  await page.goto("/#/choose-password/MQ.made-up");
  await page.getByLabel("New password").fill("a quiet harbour at dawn");
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page.getByRole("alert")).toContainText("This reset link is invalid or has expired.");
  await page.getByRole("link", { name: "Request another link" }).click();
  await expect(page.getByRole("heading", { name: "Forgotten password" })).toBeVisible();
  await page.goto("/#/verify-email/made-up");
  await page.getByRole("button", { name: "Confirm the address" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
});

test("an account books once its email address is verified, by a button and not by opening the link", async ({ as, server }) => {
  const page = await as("Eva");
  const notice = page.getByRole("region", { name: "Your email address" });
  await expect(notice).toContainText("We have sent a link to eva@example.org.");
  await page.getByRole("link", { name: "Dr. Mei Tanaka" }).click();
  await book(page, "09:00");
  const rejection = page.getByRole("alert");
  await expect(rejection).toContainText("Confirm your email address first");
  await expect(page.getByRole("article")).toHaveCount(0);
  await rejection.getByRole("button", { name: "Send the link again" }).click();
  await expect(rejection).toContainText("We have sent another link.");

  const link = await page.context().newPage();
  const path = await server.emailedPage("eva@example.org");
  await link.goto(path);
  await expect(link.getByRole("button", { name: "Confirm the address" })).toBeVisible();
  await page.reload();
  await expect(notice).toBeVisible();
  await link.getByRole("button", { name: "Confirm the address" }).click();
  await expect(link.getByText("The address eva@example.org is confirmed.")).toBeVisible();
  await link.getByRole("link", { name: "Continue" }).click();
  await expect(link.getByRole("heading", { name: "Find a doctor" })).toBeVisible();
  await expect(link.getByRole("region", { name: "Your email address" })).toHaveCount(0);
  await page.reload();
  await book(page, "09:00");
  await expect(page.getByRole("article")).toContainText("pending");
  await expect(notice).toHaveCount(0);
});

test("a patient with the maximum of open appointments is shown the way to them", async ({ as }) => {
  const page = await as("Ann");
  await page.getByRole("link", { name: "Dr. Mei Tanaka" }).click();
  for (const [index, time] of ["09:00", "10:00", "11:00", "12:00", "13:00"].entries()) {
    await book(page, time);
    await expect(page.getByText("pending")).toHaveCount(index + 1);
  }
  await book(page, "14:00");
  const rejection = page.getByRole("alert");
  await expect(rejection).toContainText("You have as many appointments to come as can be booked online.");
  await rejection.getByRole("link", { name: "Go to your appointments" }).click();
  await expect(page.getByRole("list", { name: "Upcoming appointments" }).getByRole("article")).toHaveCount(5);
});
