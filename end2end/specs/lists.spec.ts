// Position in lists, the sidebar, and reading without a model.
import { devices } from "@playwright/test";
import { expect, main, rows, formNotice, settled, test } from "../support/test";

test.beforeEach(async ({ page }) => settled(page));

const sidebar = "#sidebar";

test("back to the list leads to the same page, with the article in its place and in focus", async ({ page }) => {
  await page.goto("/?sort=oldest&limit=5");
  await page.getByRole("link", { name: "Next page" }).click();
  const ids = await rows(page).evaluateAll((all) => all.map((row) => row.id));
  await page.locator(`#${ids[2]} h2 a`).click();
  await page.getByRole("link", { name: "Back to the list" }).click();
  await expect(page).toHaveURL(/cursor=/);
  expect((await rows(page).evaluateAll((all) => all.map((row) => row.id))).slice(0, 5)).toEqual(ids);
  await expect(page.locator(`#${ids[2]}`)).not.toHaveClass(/unread/);
  await expect(page.locator(`#${ids[2]} h2 a`)).toBeFocused();
});

test("the reader of unread articles leads back to what was just read", async ({ page }) => {
  await page.goto("/?sort=newest");
  const titles = await rows(page).locator("h2").allInnerTexts();
  await rows(page).nth(0).locator("h2 a").click();
  const heading = page.getByRole("heading", { level: 1 });
  await page.getByRole("link", { name: "Next", exact: true }).click();
  await expect(heading).toHaveText(titles[1]);
  await page.getByRole("link", { name: "Previous" }).click();
  await expect(heading).toHaveText(titles[0]);
});

test("a folder unfolds, names its feeds, and keeps the order", async ({ page }) => {
  await page.goto("/feeds");
  await page.getByLabel("New folder").fill("Unfolding");
  await page.getByRole("button", { name: "Add folder" }).click();
  await main(page).getByRole("link", { name: /^Settings of/ }).first().click();
  await page.getByLabel("Folder").selectOption({ label: "Unfolding" });
  await page.getByRole("button", { name: "Save" }).click();
  await page.goto("/?view=all&sort=oldest");
  const folder = page.locator(`${sidebar} .folder`).filter({ hasText: "Unfolding" });
  const feed = folder.locator("li a").first();
  await expect(feed).toBeHidden();
  await folder.locator("summary").click();
  await expect(feed).toBeVisible();
  await folder.locator("> a").click();
  await expect(page).toHaveURL(/sort=oldest/);
  await expect(page).toHaveURL(/view=all/);
  await expect(main(page).locator(".folder-feeds a").first()).toBeVisible();
  await main(page).locator(".folder-feeds a").first().click();
  await expect(page).toHaveURL(/feed=\d+.*sort=oldest/);
  await page.goto("/feeds");
  const line = page.locator("#folders li").filter({ hasText: "Unfolding" });
  await line.locator("summary").click();
  await line.getByRole("button", { name: "Remove folder" }).click();
});

test("the counts of the sidebar follow changes of a row @script", async ({ page }) => {
  await page.goto("/?view=all&sort=newest");
  const unread = page.locator("#sidebar-unread");
  const before = Number(await unread.innerText());
  const id = await page.locator(".row.unread").first().getAttribute("id");
  const row = page.locator(`#${id}`);
  await row.getByRole("button", { name: "Mark as read" }).click();
  await expect(unread).toHaveText(String(before - 1));
  await row.getByRole("button", { name: "Mark as unread" }).click();
  await expect(unread).toHaveText(String(before));
});

test("new articles do not push the list down @script", async ({ page }) => {
  await page.goto("/");
  const top = () => rows(page).first().evaluate((row) => row.getBoundingClientRect().top);
  const before = await top();
  await page.locator("#news").evaluate((place) => place.append(Object.assign(document.createElement("a"), { href: "/", textContent: "3 new articles" })));
  await expect(page.getByRole("link", { name: "3 new articles" })).toBeVisible();
  expect(await top()).toBe(before);
});

test("on a touch screen the vote buttons of a row are visible", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ ...devices["Pixel 7"], baseURL });
  const page = await context.newPage();
  await page.goto("/");
  const thumb = rows(page).first().locator("[data-vote=up]");
  await expect(thumb).toBeVisible();
  await expect(thumb).toHaveCSS("opacity", "1");
  await context.close();
});

test("the table of feeds leads to the articles of a feed, and is filtered", async ({ page }) => {
  await page.goto("/feeds");
  const link = main(page).locator("table th a").first();
  const title = await link.innerText();
  await main(page).getByRole("searchbox").fill(title);
  await main(page).getByRole("button", { name: "Filter" }).click();
  await expect(main(page).locator("table tbody tr")).toHaveCount(1);
  await main(page).locator("table th a").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
  await expect(page).toHaveURL(/\?feed=\d+&view=all/);
});

test("the inbox opens as the settings say", async ({ page }) => {
  const choose = async (view: string, sort: string) => {
    await page.goto("/settings");
    await page.getByLabel("The inbox shows").selectOption({ label: view });
    await page.getByLabel("Lists are sorted by").selectOption({ label: sort });
    await page.getByRole("button", { name: "Save" }).click();
    await expect(formNotice(page)).toContainText("Settings saved");
  };
  await choose("All", "Oldest");
  await page.goto("/");
  await expect(page.getByRole("navigation", { name: "Order" }).getByRole("link", { name: "Oldest" })).toHaveAttribute("aria-current", "true");
  await expect(page.locator("#views").getByRole("link", { name: /^All/ })).toHaveAttribute("aria-current", "page");
  await choose("Unread", "Best first");
});

test("without a model nothing of scoring is shown, and back again", async ({ page }) => {
  const box = page.getByRole("checkbox", { name: "Score articles with a model" });
  await page.goto("/settings");
  await box.uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await page.goto("/?view=all");
  await expect(page.locator(".score, .vote")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Best first" })).toHaveCount(0);
  await expect(page.locator(sidebar).getByRole("link", { name: "Ollama" })).toHaveCount(0);
  await page.goto("/settings");
  await box.check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.goto("/?view=all");
  await expect(page.locator(".score").first()).toBeVisible();
});

test("articles that wait to be scored again can keep their scores", async ({ page }) => {
  await page.goto("/status");
  await page.getByRole("button", { name: "Pause scoring" }).click();
  await page.goto("/?view=all");
  await rows(page).first().locator("h2 a").click();
  await page.getByRole("button", { name: "Score again" }).click();
  await expect(page.getByText(/queued/i).first()).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: "Cancel scoring again" }).click();
  await expect(formNotice(page)).toContainText("keeps the score it has");
  await page.goto("/status");
  await page.getByRole("button", { name: "Resume scoring" }).click();
});
