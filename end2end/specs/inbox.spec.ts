import { expect, main, rows, formNotice, settled, test } from "../support/test";

test.beforeEach(async ({ page }) => settled(page));

test("opens with the unread articles, the best first", async ({ page }) => {
  await page.goto("/");
  const scores = await rows(page).locator(".badge").allInnerTexts();
  const numbers = scores.map((text) => Number(/[\d.]+$/.exec(text)?.[0]));
  expect(numbers.length).toBeGreaterThan(10);
  expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
});

test("every view is a link with its count", async ({ page }) => {
  await page.goto("/");
  for (const view of ["All", "Starred", "Scoring", "Blocked", "Failed", "Unread"]) {
    const tab = page.locator("#views").getByRole("link", { name: new RegExp(`^${view}`) });
    const count = Number(/\d+$/.exec((await tab.innerText()).trim())?.[0]);
    await tab.click();
    await expect(tab).toHaveAttribute("aria-current", "page");
    await expect(rows(page)).toHaveCount(Math.min(count, 50));
  }
});

test("the order is part of the address", async ({ page }) => {
  await page.goto("/?view=all");
  const order = page.getByRole("navigation", { name: "Order" });
  await order.getByRole("link", { name: "Newest" }).click();
  await expect(page).toHaveURL(/sort=newest/);
  const times = async () =>
    rows(page).locator("time").evaluateAll((all) => all.map((time) => time.getAttribute("datetime") ?? ""));
  const newest = await times();
  expect(newest).toEqual([...newest].sort().reverse());
  await order.getByRole("link", { name: "Oldest" }).click();
  await expect(page).toHaveURL(/sort=oldest/);
  const oldest = await times();
  expect(oldest).toEqual([...oldest].sort());
});

test("searching finds an article by a word of its title", async ({ page }) => {
  await page.goto("/?view=all");
  const title = await rows(page).locator("h2").first().innerText();
  const word = title.split(/[^\p{L}]+/u).sort((a, b) => b.length - a.length)[0];
  await page.getByRole("searchbox", { name: "Search articles" }).fill(word);
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(new RegExp(`q=${word}`, "i"));
  await expect(rows(page).filter({ hasText: title })).toHaveCount(1);
  await page.goto("/?view=all&q=zyzzyvaquark");
  await expect(main(page)).toContainText("No results for");
  await page.getByRole("link", { name: "Clear the search" }).click();
  await expect(rows(page).first()).toBeVisible();
});

test("pages follow each other without a gap or a repetition", async ({ page }) => {
  await page.goto("/?view=all&limit=10");
  const ids = () => rows(page).evaluateAll((all) => all.map((row) => row.id));
  const first = await ids();
  expect(first).toHaveLength(10);
  await page.getByRole("link", { name: "Next page" }).click();
  await expect(page).toHaveURL(/cursor=/);
  const second = await ids();
  expect(second.filter((id) => first.includes(id))).toEqual([]);
  await page.getByRole("link", { name: "First page" }).click();
  expect(await ids()).toEqual(first);
});

test("an article is marked read, unread, starred and unstarred from its row", async ({ page }) => {
  await page.goto("/?view=all");
  const id = await page.locator(".row.unread").last().getAttribute("id");
  const row = page.locator(`#${id}`);
  await row.getByRole("button", { name: "Mark as read" }).click();
  await expect(row).not.toHaveClass(/unread/);
  await row.getByRole("button", { name: "Star", exact: true }).click();
  await expect(row.getByRole("button", { name: "Unstar" })).toBeVisible();
  await expect(async () => {
    await page.goto("/?view=starred");
    await expect(row).toBeVisible({ timeout: 500 });
  }).toPass();
  await row.getByRole("button", { name: "Unstar" }).click();
  await expect(row.getByRole("button", { name: "Unstar" })).toHaveCount(0);
  await page.goto("/?view=all");
  await row.getByRole("button", { name: "Mark as unread" }).click();
  await expect(row).toHaveClass(/unread/);
});

test("marking all read can be undone", async ({ page }) => {
  await page.goto("/");
  const before = await page.locator("#views a").first().innerText();
  await page.locator("#mark-all > summary").click();
  await page.locator("#mark-all").getByRole("button", { name: "Mark all as read" }).click();
  await expect(formNotice(page)).toContainText(/marked as read/);
  await expect(main(page)).toContainText("No unread articles");
  await formNotice(page).getByRole("button", { name: "Undo" }).click();
  await expect(page.locator("#views a").first()).toHaveText(before);
});

test("a list that cannot be read from its address says which part is wrong", async ({ page }) => {
  const answer = await page.goto("/?sort=sideways");
  expect(answer?.status()).toBe(422);
  await expect(main(page)).toContainText("sort");
});

test("without feeds the inbox leads to adding some", async ({ page, fresh }) => {
  await page.goto(fresh);
  await expect(main(page)).toContainText("No feeds yet");
  await main(page).getByRole("link", { name: "Import OPML" }).click();
  await expect(page).toHaveURL(/\/feeds#import$/);
  await expect(page.getByLabel("OPML file")).toBeVisible();
});
