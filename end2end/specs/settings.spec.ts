import { expect, main, formNotice, test } from "../support/test";

test("the refresh interval is saved; what is no number of minutes is refused beside its field", async ({ page }) => {
  await page.goto("/settings");
  const minutes = page.getByLabel("Refresh interval (minutes)");
  const before = await minutes.inputValue();
  await minutes.fill("45");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(formNotice(page)).toContainText("Settings saved");
  await expect(minutes).toHaveValue("45");

  for (const bad of ["often", "0", "1441"]) {
    await minutes.fill(bad);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(main(page).getByRole("alert")).toContainText(bad);
    await expect(minutes).toHaveValue(bad);
  }
  await minutes.fill(before);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(formNotice(page)).toContainText("Settings saved");
});

test("the next check is shown", async ({ page }) => {
  await page.goto("/settings");
  await expect(main(page).locator("time[data-countdown]")).not.toBeEmpty();
});

test("shortcuts can be switched off and on", async ({ page }) => {
  await page.goto("/settings");
  const box = page.getByRole("checkbox", { name: /Keyboard shortcuts/ });
  await expect(box).toBeChecked();
  await box.uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(box).not.toBeChecked();
  await box.check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(box).toBeChecked();
});

test("every link of the settings leads somewhere", async ({ page }) => {
  await page.goto("/settings");
  const links = await page.getByRole("navigation", { name: "Settings" }).getByRole("link").all();
  const addresses = await Promise.all(links.map((link) => link.getAttribute("href")));
  expect(addresses.length).toBeGreaterThan(3);
  for (const address of addresses) expect((await page.goto(address ?? ""))?.status(), address ?? "").toBe(200);
});
