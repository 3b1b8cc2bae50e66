import { expect, test } from "./test";

const HOUR = 60 * 60;

test("concurrent requests with an expired token refresh it once", async ({ as, server }) => {
  const page = await as("Ann");
  // The requests of the first page have been answered.
  await expect(page.getByRole("link", { name: "Dr. Nina Okafor" })).toBeVisible();
  const operations: string[] = [];
  page.on("request", (request) => operations.push((request.postDataJSON() ?? {}).operationName));
  await server.forward(HOUR);
  await page.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await expect(page.getByRole("button", { name: "11:00" }).first()).toBeVisible();
  await expect(page.getByText("Choose a time")).toBeVisible();
  expect(operations.sort()).toEqual(["DoctorToBook", "DoctorToBook", "MyAppointments", "MyAppointments", "OpenSlots", "RefreshToken"]);
});

test("a token that the server no longer accepts is exchanged once", async ({ as }) => {
  const page = await as("Ann");
  // As after a change of the server's keys: the signature is wrong, the refresh token still works.
  await page.evaluate(() => {
    const session = JSON.parse(localStorage.getItem("cybermed.session")!);
    const token = session.token.replace(/[^.]+$/, "signed-with-another-key");
    localStorage.setItem("cybermed.session", JSON.stringify({ ...session, token }));
  });
  const operations: string[] = [];
  page.on("request", (request) => operations.push((request.postDataJSON() ?? {}).operationName));
  await page.reload();
  await expect(page.getByText("Ann Bergmann")).toBeVisible();
  await expect(page.getByRole("link", { name: "Dr. Nina Okafor" })).toBeVisible();
  expect(operations.filter((name) => name === "RefreshToken")).toHaveLength(1);
});

test("a session that the server has ended signs out after one exchange", async ({ as }) => {
  const page = await as("Ann");
  await page.evaluate(() => {
    const ended = { token: "ended", refreshToken: "ended" };
    localStorage.setItem("cybermed.session", JSON.stringify(ended));
  });
  const operations: string[] = [];
  page.on("request", (request) => operations.push((request.postDataJSON() ?? {}).operationName));
  await page.reload();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  expect(operations.filter((name) => name === "RefreshToken")).toHaveLength(1);
});

test("live updates continue after a token refresh", async ({ as, server }) => {
  const doctor = await as("Nina");
  const patient = await as("Ann");
  await expect(doctor.getByRole("article")).toHaveCount(2);
  await server.forward(HOUR);
  await patient.getByRole("link", { name: "Dr. Nina Okafor" }).click();
  await patient.getByRole("region", { name: "Monday 2 March" }).getByRole("button", { name: "12:00" }).click();
  await patient.getByRole("button", { name: "Book this appointment" }).click();
  await expect(doctor.getByRole("article").filter({ hasText: "Ann Bergmann" })).toContainText("pending");
});

test("the session survives a reload, is shared by all tabs, and signing out ends it in all of them", async ({ as }) => {
  const page = await as("Ann");
  await page.reload();
  await expect(page.getByText("Ann Bergmann")).toBeVisible();
  const tab = await page.context().newPage();
  await tab.goto("/#/appointments");
  await expect(tab.getByText("You have no upcoming appointments.")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await expect(tab.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("a wrong password is reported in the form", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Email").fill("ann@example.org");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
});

test("validation errors are shown next to their fields", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "I am new here" }).click();
  await page.getByLabel("First name").fill("Dana");
  await page.getByLabel("Last name").fill("Eriksen");
  await page.getByLabel("Email").fill("ann@example.org");
  await page.getByLabel("Password").fill("123");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByLabel("Email")).toHaveAccessibleDescription(/already/);
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription(/too short/);

  await page.getByLabel("Email").fill("dana@example.org");
  await page.getByLabel("Password").fill("a quiet harbour at dawn");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByLabel("Date of birth").fill("2090-01-01");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByLabel("Date of birth")).toHaveAccessibleDescription(/less than or equal to 2026-03-02/);
  await page.getByLabel("Date of birth").fill("1990-05-17");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "Find a doctor" })).toBeVisible();
});
