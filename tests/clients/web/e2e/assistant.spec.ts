import { expect, picture, test } from "./test";

test("an assistant runs the days of two doctors, and the history says who acted for whom", async ({ as }) => {
  const page = await as("Gita");
  const nina = page.getByRole("region", { name: "Dr. Nina Okafor" }).getByRole("article");
  const mei = page.getByRole("region", { name: "Dr. Mei Tanaka" }).getByRole("article");
  await expect(nina).toHaveText([/09:00 *Ben Castillo *confirmed/, /10:00 *Cleo Duarte *pending/]);
  await expect(mei).toHaveText([/11:00 *Cleo Duarte *pending/]);

  const bens = nina.filter({ hasText: "Ben Castillo" });
  await bens.getByRole("button", { name: "Has arrived" }).click();
  await expect(bens).toContainText("Arrived: Monday 2 March, 08:");
  const cleos = nina.filter({ hasText: "Cleo Duarte" });
  await cleos.getByRole("button", { name: "Confirm" }).click();
  await expect(cleos).toContainText("confirmed");
  await mei.getByRole("button", { name: "Reschedule" }).click();
  await mei.getByRole("region", { name: "Monday 2 March" }).getByRole("button", { name: "15:30" }).click();
  await expect(mei).toHaveText([/15:30 *Cleo Duarte *pending/]);
  await cleos.getByRole("button", { name: "History" }).click();
  await expect(cleos.getByRole("list", { name: "History" }).getByRole("listitem")).toHaveText([
    /pending, Monday 2 March, 10:00.* by Cleo Duarte$/,
    /confirmed, Monday 2 March, 10:00.* by Gita Haas for Nina Okafor$/,
  ]);
  await picture(page, "two-doctors", 840);

  await mei.getByRole("button", { name: "Cancel appointment" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this appointment?" });
  await expect(dialog).toContainText("Cleo Duarte with Dr. Mei Tanaka, Monday 2 March, 15:30");
  await dialog.getByLabel("Reason (optional)").fill("The doctor is ill");
  await dialog.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(mei).toContainText(["Cancelled: The doctor is ill"]);

  const patient = await as("Cleo");
  await patient.getByRole("link", { name: "My appointments" }).click();
  const cancelled = patient.getByRole("list", { name: "Past and cancelled appointments" });
  await cancelled.getByRole("button", { name: "History" }).click();
  await expect(cancelled.getByRole("list", { name: "History" })).toContainText("by Gita Haas for Mei Tanaka");
});

test("the days of an assistant are updated live", async ({ as }) => {
  const [assistant, patient] = [await as("Gita"), await as("Ann")];
  await expect(assistant.getByRole("article")).toHaveCount(3);
  await patient.getByRole("link", { name: "Dr. Mei Tanaka" }).click();
  await patient.getByRole("region", { name: "Monday 2 March" }).getByRole("button", { name: "14:00" }).click();
  await patient.getByRole("button", { name: "Book this appointment" }).click();
  const mei = assistant.getByRole("region", { name: "Dr. Mei Tanaka" });
  await expect(mei.getByRole("article").filter({ hasText: "Ann Bergmann" })).toContainText("pending");
});
