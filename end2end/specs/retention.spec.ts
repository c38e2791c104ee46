// Retention: a test removes nothing, and what a run removed does not come back with the next check of its feed.
import { expect, formNotice, main, rows, test } from "../support/test";

test("rules of retention are tested, saved and run, and their articles stay away", async ({ page, site }) => {
  await page.goto("/feeds/new");
  await page.getByLabel("Feed or website URL").fill(site.url("/pottery.xml"));
  await page.getByRole("button", { name: "Subscribe", exact: true }).click();
  await expect(formNotice(page)).toContainText("Subscribed");
  const feed = new URL(page.url()).pathname;
  const all = `/search?q=${encodeURIComponent('feed:"Pottery weekly"')}`;
  const found = async () => {
    await page.goto(all);
    return rows(page).count();
  };

  await page.goto("/settings/retention");
  const field = page.getByLabel("Rules");
  await field.fill("authr:jane");
  await page.getByRole("button", { name: "Test" }).click();
  await expect(page.getByRole("alert")).toContainText("author:");
  await expect(field).toHaveValue("authr:jane");
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await field.fill('feed:"Pottery weekly" title:"part 2"');
  await page.getByRole("button", { name: "Test" }).click();
  await expect(main(page)).toContainText("A run would remove");
  await expect(main(page)).toContainText("1 article with");
  await expect(main(page).getByRole("link", { name: "Pottery weekly, part 2" })).toBeVisible();
  expect(await found()).toBe(3);

  await page.goBack();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(main(page)).toContainText("are removed once a day");
  await page.getByRole("button", { name: "Remove now" }).click();
  await expect(async () => {
    await page.goto("/settings/retention");
    await expect(main(page)).toContainText(/ended: 1 article with .* removed/, { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  expect(await found()).toBe(2);
  await page.goto(feed);
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(formNotice(page)).toContainText("Feed refreshed");
  expect(await found()).toBe(2);

  await page.goto("/settings/retention");
  await field.fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(main(page)).toContainText("Every article is kept.");
  await page.goto(`${feed}/remove`);
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(formNotice(page)).toContainText("Removed");
});
