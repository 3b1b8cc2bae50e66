import { addChild, expect, picture, test } from "./test";

test("a parent adds a child, and books for the child at a time that the parent has booked", async ({ as }) => {
  const page = await as("Ann");
  await page.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await expect(page.getByRole("group", { name: "For whom" })).toHaveCount(0);
  const monday = page.getByRole("region", { name: "Monday 2 March" });
  await monday.getByRole("button", { name: "11:00" }).click();
  await page.getByRole("button", { name: "Book this appointment" }).click();
  await expect(page.getByRole("article")).toContainText("pending");
  await page.getByRole("link", { name: "Family", exact: true }).click();
  await addChild(page);

  await page.getByRole("link", { name: "Find a doctor" }).first().click();
  await page.getByRole("link", { name: "Dr. Omar Haddad" }).click();
  const people = page.getByRole("group", { name: "For whom" });
  await expect(people.getByRole("radio")).toHaveCount(2);
  await expect(people.getByRole("radio", { name: "Yourself" })).toBeChecked();
  await expect(monday.getByRole("button", { name: "11:30" })).toBeVisible();
  // The parent has an appointment then, and the child does not.
  await expect(monday.getByRole("button", { name: "11:00" })).toHaveCount(0);
  await people.getByRole("radio", { name: "Mia Bergmann" }).check();
  await monday.getByRole("button", { name: "11:00" }).click();
  await expect(page.getByRole("region", { name: "Your booking" })).toContainText("30 minutes, for Mia Bergmann");
  await picture(page, "for-a-child");
  await page.getByRole("button", { name: "Book this appointment" }).click();
  const booked = page.getByRole("list", { name: "Appointments with this doctor" }).getByRole("article");
  await expect(booked).toContainText("For Mia Bergmann");
  await expect(booked).toContainText("pending");
  await people.getByRole("radio", { name: "Yourself" }).check();
  await expect(booked).toHaveCount(0);

  await page.getByRole("link", { name: "My appointments" }).click();
  const upcoming = page.getByRole("list", { name: "Upcoming appointments" }).getByRole("article");
  await expect(upcoming).toContainText([/11:00Dr. Omar Haddad.*For Mia Bergmann/, /11:00Dr. Nina Okafor.*For Ann Bergmann/]);
  await page.getByRole("radio", { name: "Mia Bergmann" }).check();
  await expect(upcoming).toContainText([/For Mia Bergmann/]);
  await upcoming.getByRole("button", { name: "History" }).click();
  await expect(upcoming.getByRole("list", { name: "History" })).toContainText("by Ann Bergmann for Mia Bergmann");
});

test("a right to book for a child ends after a question, but not while the child has appointments", async ({ as }) => {
  const page = await as("Ann");
  await page.getByRole("link", { name: "Family", exact: true }).click();
  const child = await addChild(page);
  await child.getByRole("link", { name: "Find a doctor" }).click();
  await page.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await page.getByRole("radio", { name: "Mia Bergmann" }).check();
  await page.getByRole("region", { name: "Tuesday 3 March" }).getByRole("button", { name: "09:00" }).click();
  await page.getByRole("button", { name: "Book this appointment" }).click();
  await expect(page.getByRole("article")).toContainText("pending");

  await page.getByRole("link", { name: "Family", exact: true }).click();
  await child.getByRole("button", { name: "Stop booking" }).click();
  const dialog = page.getByRole("dialog", { name: "Stop booking for Mia?" });
  await dialog.getByRole("button", { name: "Yes, stop" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Cancel the appointments first");
  await dialog.getByRole("button", { name: "Go on booking" }).click();
  await expect(dialog).toHaveCount(0);

  await page.getByRole("link", { name: "My appointments" }).click();
  await page.getByRole("button", { name: "Cancel appointment" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(page.getByRole("article")).toContainText("cancelled");
  await page.getByRole("link", { name: "Family", exact: true }).click();
  await child.getByRole("button", { name: "Stop booking" }).click();
  await dialog.getByRole("button", { name: "Yes, stop" }).click();
  await expect(page.getByText("Nobody but yourself.")).toBeVisible();
  await page.getByRole("link", { name: "My appointments" }).click();
  await expect(page.getByRole("article")).toHaveCount(0);
});
