import { expect, main, rows, settled, test } from "../support/test";

test.beforeEach(async ({ page }) => settled(page));

test("an article opens with its score explained, and is read from then on", async ({ page }) => {
  await page.goto("/?view=all&sort=score-asc");
  const link = page.locator(".row.unread h2 a").first();
  const title = await link.innerText();
  await link.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
  await expect(page).toHaveTitle(`${title} · Gleaner`);
  await expect(page.locator(".prose")).not.toBeEmpty();
  const why = page.locator(".verdict details").first();
  await why.locator("summary").click();
  await expect(why).toContainText(/interest/i);
  await expect(page.locator(".verdict")).toContainText(/prompt/i);
  await expect(page.getByRole("button", { name: "Mark as unread" })).toBeVisible();
  await page.getByRole("button", { name: "Mark as unread" }).click();
  await expect(page.getByRole("button", { name: "Mark as read" })).toBeVisible();
});

test("previous and next follow the list that the article was opened from", async ({ page }) => {
  await page.goto("/?view=all&sort=newest");
  const titles = await rows(page).locator("h2").allInnerTexts();
  await rows(page).nth(0).locator("h2 a").click();
  const heading = page.getByRole("heading", { level: 1 });
  await expect(page.getByRole("link", { name: "Previous" })).toHaveCount(0);
  await page.getByRole("link", { name: "Next" }).click();
  await expect(heading).toHaveText(titles[1]);
  await page.getByRole("link", { name: "Next" }).click();
  await expect(heading).toHaveText(titles[2]);
  await page.getByRole("link", { name: "Previous" }).click();
  await expect(heading).toHaveText(titles[1]);
  await page.getByRole("link", { name: "Back to the list" }).click();
  await expect(page).toHaveURL(/view=all/);
  await expect(page).toHaveURL(/sort=newest/);
});

test("the browser's own Back leads to the list and not out of it", async ({ page }) => {
  await page.goto("/?view=all");
  await rows(page).first().locator("h2 a").click();
  await expect(page).toHaveURL(/\/articles\//);
  await page.goBack();
  await expect(page).toHaveURL(/view=all/);
  await expect(rows(page).first()).toBeVisible();
});

test("an article can be scored again", async ({ page }) => {
  await page.goto("/?view=all");
  await rows(page).first().locator("h2 a").click();
  await page.getByRole("button", { name: "Score again" }).click();
  await expect(page.getByText(/queued/i).first()).toBeVisible();
  await settled(page);
});

test("an article that does not exist gets a 404 page", async ({ page }) => {
  const answer = await page.goto("/articles/99999999");
  expect(answer?.status()).toBe(404);
  await expect(main(page).getByRole("link", { name: "Go to the inbox" })).toBeVisible();
});
