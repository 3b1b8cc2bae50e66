import { expect, picture, test } from "./test";

test("of two patients who book one slot, one gets it and the other books an alternative", async ({ as }) => {
  const pages = await Promise.all([as("Ann"), as("Ben")]);
  for (const page of pages) {
    await page.getByRole("link", { name: "Dr. Sofia Marchetti" }).click();
    const tuesday = page.getByRole("region", { name: "Tuesday 3 March" });
    await tuesday.getByRole("button", { name: "09:00" }).click();
    await page.getByLabel("What is it about?").fill("Headaches");
  }
  await Promise.all(pages.map((page) => page.getByRole("button", { name: "Book this appointment" }).click()));

  // Both pages show the optimistic appointment first; the answers decide who has booked it.
  for (const page of pages) await expect(page.getByText("booking…")).toHaveCount(0);
  const hasBooked = pages.map((page) => page.getByRole("article", { name: "Tuesday 3 March, 09:00" }).count());
  expect((await Promise.all(hasBooked)).sort()).toEqual([0, 1]);

  const loser = pages[(await hasBooked[0]) === 1 ? 1 : 0]!;
  const conflict = loser.getByRole("alert");
  await expect(conflict).toContainText("The next open times are");
  await expect(conflict.getByRole("button")).toHaveText([
    "Tuesday 3 March, 09:30", "Tuesday 3 March, 10:00", "Tuesday 3 March, 10:30",
  ]);
  await picture(loser, "slot-taken");
  await conflict.getByRole("button", { name: "09:30" }).click();
  await expect(loser.getByRole("article", { name: "Tuesday 3 March, 09:30" })).toContainText("pending");
  await expect(loser.getByRole("article")).toContainText("Headaches");
});
