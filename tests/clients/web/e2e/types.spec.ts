import { expect, test } from "./test";

test("a patient books a type of appointment, and cannot cancel it after its limit", async ({ as, server }) => {
  const page = await as("Ann");
  await page.getByRole("link", { name: "Dr. Jonas Lindqvist" }).click();
  const types = page.getByRole("group", { name: "Type of appointment" });
  await expect(types.getByRole("radio")).toHaveCount(2);
  await expect(types.getByRole("radio", { name: "First visit, 60 minutes" })).toBeChecked();
  await expect(types).toContainText("Please bring photos of your skin.");
  await expect(types).toContainText("The doctor confirms each request. Can be cancelled or rescheduled until 1 day before.");

  const tuesday = page.getByRole("region", { name: "Tuesday 3 March" });
  await expect(tuesday.getByRole("button", { name: "16:30" })).toHaveCount(0);
  await tuesday.getByRole("button", { name: "16:00" }).click();
  await page.getByRole("button", { name: "Book this appointment" }).click();
  const appointment = page.getByRole("article");
  await expect(appointment).toContainText("First visit, 60 minutes");
  await expect(appointment).toContainText("pending");
  await expect(appointment).toContainText("Can be cancelled or rescheduled until Monday 2 March, 16:00.");

  await server.forward(8 * 60 * 60 + 1);
  await appointment.getByRole("button", { name: "Cancel appointment" }).click();
  await appointment.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(appointment.getByRole("alert")).toContainText(
    "It is too late to cancel or reschedule this appointment online. Please call the clinic.",
  );
  await expect(appointment).toContainText("pending");
});

test("a type that needs no confirmation is confirmed at once, and full days are named", async ({ as }) => {
  const [ann, ben] = [await as("Ann"), await as("Ben")];
  for (const page of [ann, ben]) {
    await page.getByRole("link", { name: "Dr. Jonas Lindqvist" }).click();
    await page.getByRole("radio", { name: "Follow-up, 30 minutes" }).check();
    await expect(page.getByText("Confirmed at once.")).toBeVisible();
  }
  const tuesday = ben.getByRole("region", { name: "Tuesday 3 March" });
  await tuesday.getByRole("button", { name: "10:00" }).click();
  await ann.getByRole("region", { name: "Tuesday 3 March" }).getByRole("button", { name: "09:00" }).click();
  await ann.getByRole("button", { name: "Book this appointment" }).click();
  await expect(ann.getByRole("article")).toContainText("confirmed");

  await expect(tuesday).toHaveCount(0);
  await ben.getByRole("button", { name: "Book this appointment" }).click();
  const conflict = ben.getByRole("alert");
  await expect(conflict).toContainText("The doctor takes no more appointments of this type on this day.");
  await expect(conflict.getByRole("button")).toHaveText([
    "Wednesday 4 March, 09:00", "Wednesday 4 March, 09:30", "Wednesday 4 March, 10:00",
  ]);
});

test("the slots of a week say when the clinic is closed", async ({ as }) => {
  const page = await as("Ann");
  await page.getByRole("link", { name: "Dr. Jonas Lindqvist" }).click();
  await expect(page.getByRole("region", { name: "Friday 6 March" })).toBeVisible();
  await expect(page.getByText("The clinic is closed")).toHaveCount(0);
  await page.getByRole("button", { name: "Later" }).click();
  await expect(page.getByText("The clinic is closed on Friday 13 March: Staff training")).toBeVisible();
  await expect(page.getByRole("region", { name: "Thursday 12 March" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Friday 13 March" })).toHaveCount(0);
});

test("a doctor records that a patient has arrived, and that another did not come", async ({ as, server }) => {
  const [doctor, patient] = [await as("Nina"), await as("Ben")];
  const bens = doctor.getByRole("article").filter({ hasText: "Ben Castillo" });
  await bens.getByRole("button", { name: "Has arrived" }).click();
  await expect(bens).toContainText("Arrived: Monday 2 March, 08:");
  await expect(bens.getByRole("button", { name: "Has arrived" })).toHaveCount(0);

  const cleos = doctor.getByRole("article").filter({ hasText: "Cleo Duarte" });
  await cleos.getByRole("button", { name: "Confirm" }).click();
  await cleos.getByRole("button", { name: "Did not come" }).click();
  await expect(cleos.getByRole("alert")).toContainText("The appointment has not started yet.");
  await server.forward(3 * 60 * 60);
  await cleos.getByRole("button", { name: "Did not come" }).click();
  await expect(cleos).toContainText("no show");
  await expect(cleos.getByRole("button")).toHaveText(["History"]);

  await patient.getByRole("link", { name: "My appointments" }).click();
  await expect(patient.getByRole("article")).toContainText("Arrived: Monday 2 March, 08:");
});

test("a status of a later release is shown as it is", async ({ as }) => {
  const page = await as("Ben");
  await page.route("**/graphql/", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replaceAll('"CONFIRMED"', '"CHECKED_IN"') });
  });
  await page.getByRole("link", { name: "My appointments" }).click();
  const appointment = page.getByRole("list", { name: "Upcoming appointments" }).getByRole("article");
  await expect(appointment).toContainText("checked in");
  await expect(appointment.getByRole("button")).toHaveText(["History"]);
});
