import { expect, picture, test } from "./test";

test("a patient finds a doctor, books, reschedules and cancels", async ({ as }) => {
  const page = await as("Ann");
  await expect(page.getByText("Found: 6")).toBeVisible();
  await picture(page, "find-a-doctor");
  await page.getByLabel("Name or specialty").fill("okafor");
  await expect(page.getByText("Found: 1")).toBeVisible();
  await page.getByRole("link", { name: "Dr. Nina Okafor" }).click();

  const monday = page.getByRole("region", { name: "Monday 2 March" });
  await monday.getByRole("button", { name: "11:00" }).click();
  await page.getByLabel("What is it about?").fill("A check-up");
  await page.getByRole("button", { name: "Book this appointment" }).click();
  const appointment = page.getByRole("article");
  await expect(appointment).toContainText("Monday 2 March, 11:00");
  await expect(appointment).toContainText("pending");
  await expect(monday.getByRole("button", { name: "11:00" })).toHaveCount(0);

  await page.getByRole("link", { name: "My appointments" }).click();
  await appointment.getByRole("button", { name: "Reschedule" }).click();
  await appointment.getByRole("region", { name: "Tuesday 3 March" }).getByRole("button", { name: "09:30" }).click();
  await expect(appointment).toContainText("Tuesday 3 March, 09:30");

  await appointment.getByRole("button", { name: "Cancel appointment" }).click();
  await appointment.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(page.getByText("You have no upcoming appointments.")).toBeVisible();
  await expect(page.getByRole("list", { name: "Past and cancelled appointments" })).toContainText("cancelled");
});
