import { expect, main, formNotice, test } from "../support/test";
import type { Page } from "@playwright/test";

async function subscribe(page: Page, address: string): Promise<void> {
  await page.goto("/feeds/new");
  await page.getByLabel("Feed or website URL").fill(address);
  await page.getByRole("button", { name: "Subscribe", exact: true }).click();
}

test("a feed is added, renamed, checked and removed", async ({ page, site }) => {
  await subscribe(page, site.url("/pottery.xml"));
  await expect(page).toHaveURL(/\/feeds\/\d+/);
  await expect(formNotice(page)).toContainText("Subscribed");
  await expect(main(page).getByRole("heading", { level: 1 })).toHaveText("Pottery weekly");
  await expect(main(page)).toContainText("3 articles");

  await page.getByLabel("Custom title").fill("Pots");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(main(page).getByRole("heading", { level: 1 })).toHaveText("Pots");

  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(formNotice(page)).toContainText("Feed refreshed");
  await expect(main(page).getByRole("heading", { level: 1 })).toHaveText("Pots");

  await page.getByRole("link", { name: "Remove this feed" }).click();
  await expect(main(page)).toContainText("Pots and its 3 articles will be removed");
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(page).toHaveURL(/\/feeds\?/);
  await expect(main(page).getByRole("link", { name: "Pots" })).toHaveCount(0);
});

test("what is not an address is refused beside the field, with what was typed still in it", async ({ page }) => {
  await subscribe(page, "not a url");
  await expect(page).toHaveURL(/\/feeds\/new/);
  await expect(page.getByRole("alert")).not.toBeEmpty();
  await expect(page.getByLabel("Feed or website URL")).toHaveValue("not a url");
});

test("a page without a feed is refused with the reason", async ({ page, site }) => {
  await subscribe(page, site.url("/none"));
  await expect(page.getByRole("alert")).toContainText(/feed/i);
  await expect(page.getByLabel("Feed or website URL")).toHaveValue(site.url("/none"));
});

test("a site with one feed is subscribed to at once, and cannot be added twice", async ({ page, site }) => {
  await subscribe(page, site.url("/one"));
  await expect(main(page).getByRole("heading", { level: 1 })).toHaveText("Kiln notes");
  const address = page.url().replace(/\?.*/, "");
  await subscribe(page, site.url("/kiln.xml"));
  await expect(page.getByRole("alert")).toContainText(/already/i);
  await page.goto(`${address}/remove`);
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(formNotice(page)).toContainText("Removed");
});

test("a site with several feeds offers a choice", async ({ page, site }) => {
  await subscribe(page, site.url("/several"));
  await expect(page.getByRole("group", { name: /several feeds/ })).toBeVisible();
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await page.getByRole("button", { name: "Subscribe to the selected feeds" }).click();
  await expect(formNotice(page)).toContainText("2 feeds");
  for (const title of ["Kiln notes", "Glaze letters"]) {
    await main(page).getByRole("link", { name: `Settings of ${title}` }).click();
    await page.getByRole("link", { name: "Remove this feed" }).click();
    await page.getByRole("button", { name: "Remove" }).click();
    await expect(formNotice(page)).toContainText("Removed");
  }
});

test("a feed that does not exist gets a 404 page", async ({ page }) => {
  for (const path of ["/feeds/99999999", "/feeds/none", "/feeds/99999999/remove", "/categories/99999999"]) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(main(page).getByRole("heading", { level: 1 })).toHaveText("Not found");
  }
});
