import { expect, test } from "./test";

test("an uploaded picture is shown; another file is rejected next to the field", async ({ as }) => {
  const page = await as("Ann");
  await page.getByRole("link", { name: "Account" }).click();
  const [field, upload] = [page.getByLabel("Your picture"), page.getByRole("button", { name: "Upload picture" })];

  await field.setInputFiles({ name: "me.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await upload.click();
  await expect(field).toHaveAccessibleDescription("Upload a JPEG, PNG or WebP image.");

  await field.setInputFiles({ name: "me.png", mimeType: "image/png", buffer: await page.screenshot() });
  await upload.click();
  const picture = page.locator("header img");
  await expect(picture).toBeVisible();
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
});
