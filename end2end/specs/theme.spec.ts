import { expect, test } from "../support/test";

test("the theme follows the system, or the choice, which is saved", async ({ page }) => {
  await page.goto("/settings");
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const choose = async (name: string) => page.getByRole("main").getByRole("button", { name, exact: true }).click();
  await page.emulateMedia({ colorScheme: "light" });
  const light = await background();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await background();
  expect(dark).not.toBe(light);

  await choose("Light");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await expect(async () => {
    await page.goto("/feeds");
    expect(await background()).toBe(light);
  }).toPass();
  await page.goto("/settings");
  await choose("System");
  await expect(page.locator("html")).not.toHaveAttribute("data-theme", /./);
});
