import { expect, test } from "./test";

test.use({ development: true });

test("the development build logs no warnings, and each page has a title", async ({ as, page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle("Sign in · CyberMed");

  const [patient, doctor] = [await as("Ann"), await as("Nina")];
  const warnings: string[] = [];
  for (const each of [patient, doctor])
    each.on("console", (line) => ["warning", "error"].includes(line.type()) && warnings.push(line.text()));
  for (const each of [patient, doctor]) await each.reload();
  await expect(doctor).toHaveTitle("Monday 2 March · CyberMed");

  await expect(patient).toHaveTitle("Find a doctor · CyberMed");
  await patient.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await expect(patient).toHaveTitle("Dr. Nina Okafor · CyberMed");
  const monday = patient.getByRole("region", { name: "Monday 2 March" });
  await monday.getByRole("button", { name: "11:00" }).click();
  await patient.getByRole("button", { name: "Book this appointment" }).click();
  await expect(doctor.getByRole("article").filter({ hasText: "Ann Bergmann" })).toContainText("pending");

  await patient.getByRole("link", { name: "My appointments" }).click();
  await expect(patient).toHaveTitle("My appointments · CyberMed");
  await patient.getByRole("button", { name: "Cancel appointment" }).click();
  await patient.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(patient.getByRole("article")).toContainText("cancelled");
  await patient.getByRole("link", { name: "Account" }).click();
  await expect(patient).toHaveTitle("Account · CyberMed");
  await patient.getByRole("button", { name: "Sign out" }).click();
  await expect(patient).toHaveTitle("Sign in · CyberMed");
  expect(warnings).toEqual([]);
});
