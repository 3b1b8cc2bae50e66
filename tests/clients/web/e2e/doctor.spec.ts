import { expect, picture, test } from "./test";

test("a doctor's day is updated live; the doctor confirms and completes an appointment", async ({ as, server }) => {
  const doctor = await as("Nina");
  const appointments = doctor.getByRole("list", { name: "Appointments" }).getByRole("article");
  await expect(appointments).toHaveText([/09:00 *Ben Castillo *confirmed/, /10:00 *Cleo Duarte *pending/]);
  let reloads = 0;
  doctor.on("framenavigated", () => reloads++);

  const patient = await as("Ann");
  await patient.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  const monday = patient.getByRole("region", { name: "Monday 2 March" });
  await monday.getByRole("button", { name: "09:30" }).click();
  await patient.getByLabel("What is it about?").fill("Dizzy after climbing stairs");
  await patient.getByRole("button", { name: "Book this appointment" }).click();
  const anns = appointments.filter({ hasText: "Ann Bergmann" });
  await expect(anns).toContainText("pending");

  await picture(doctor, "doctors-day");
  await anns.getByRole("button", { name: "Confirm" }).click();
  await expect(anns).toContainText("confirmed");
  await patient.getByRole("link", { name: "My appointments" }).click();
  await expect(patient.getByRole("article")).toContainText("confirmed");

  await anns.getByRole("button", { name: "Complete" }).click();
  await expect(anns.getByRole("alert")).toBeVisible();
  await server.forward(2 * 60 * 60);
  await anns.getByRole("button", { name: "Complete" }).click();
  await expect(anns).toContainText("completed");
  await expect(patient.getByRole("article")).toContainText("completed");

  expect(reloads).toBe(0);
});

test("a slot that is booked disappears from other patients' pages", async ({ as }) => {
  const [watching, booking] = [await as("Ann"), await as("Ben")];
  for (const page of [watching, booking]) await page.getByRole("link", { name: "Dr. Mei Tanaka" }).click();
  const slot = watching.getByRole("region", { name: "Monday 2 March" }).getByRole("button", { name: "14:00" });
  await expect(slot).toBeVisible();
  await booking.getByRole("region", { name: "Monday 2 March" }).getByRole("button", { name: "14:00" }).click();
  await booking.getByRole("button", { name: "Book this appointment" }).click();
  await expect(slot).toHaveCount(0);
});
