import { expect, picture, test } from "./test";

test("two patients want one slot: one books it, the other is offered the next and takes it", async ({ as }) => {
  const pages = await Promise.all([as("Ann"), as("Ben")]);
  for (const page of pages) {
    await page.getByRole("link", { name: "Dr. Sofia Marchetti" }).click();
    const tuesday = page.getByRole("region", { name: "Tuesday 3 March" });
    await tuesday.getByRole("button", { name: "09:00" }).click();
    await page.getByLabel("What is it about?").fill("Headaches");
  }
  await Promise.all(pages.map((page) => page.getByRole("button", { name: "Book this visit" }).click()));

  // Both saw their visit at once; the answers then tell who has it.
  for (const page of pages) await expect(page.getByText("booking…")).toHaveCount(0);
  const hasIt = pages.map((page) => page.getByRole("article", { name: "Tuesday 3 March, 09:00" }).count());
  expect((await Promise.all(hasIt)).sort()).toEqual([0, 1]);

  const loser = pages[(await hasIt[0]) === 1 ? 1 : 0]!;
  const refusal = loser.getByRole("alert");
  await expect(refusal).toContainText("Take one of the next instead");
  await expect(refusal.getByRole("button")).toHaveText([
    "Tuesday 3 March, 09:30", "Tuesday 3 March, 10:00", "Tuesday 3 March, 10:30",
  ]);
  await picture(loser, "slot-taken");
  await refusal.getByRole("button", { name: "09:30" }).click();
  await expect(loser.getByRole("article", { name: "Tuesday 3 March, 09:30" })).toContainText("pending");
  await expect(loser.getByRole("article")).toContainText("Headaches");
});
