import { expect, rows, settled, test } from "../support/test";
import type { Page } from "@playwright/test";

/** Shortcuts work only after their island is hydrated, so the first key is repeated. */
async function press(page: Page, key: string, seen: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await page.keyboard.press(key);
    await seen();
  }).toPass();
}

/** Marks an article by its key and waits for the response, since concurrent requests may arrive out of order. */
async function mark(page: Page, key: string): Promise<void> {
  const answered = page.waitForResponse((answer) => answer.url().includes("/fn/articles/mark"));
  await Promise.all([answered, page.keyboard.press(key)]);
}

test("j and k walk the list, o opens, Escape leads back", async ({ page }) => {
  await settled(page);
  await page.goto("/?view=all");
  await press(page, "k", () => expect(rows(page).last().locator("h2 a")).toBeFocused({ timeout: 300 }));
  await page.goto("/?view=all");
  await press(page, "?", () => expect(page.getByRole("dialog")).toBeVisible({ timeout: 300 }));
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await expect(rows(page).nth(0).locator("h2 a")).toBeFocused();
  await page.keyboard.press("j");
  await expect(rows(page).nth(1).locator("h2 a")).toBeFocused();
  await page.keyboard.press("k");
  await expect(rows(page).nth(0).locator("h2 a")).toBeFocused();
  await page.keyboard.press("o");
  await expect(page).toHaveURL(/\/articles\/\d+/);
  await press(page, "Escape", () => expect(page).toHaveURL(/\/\?view=all/, { timeout: 300 }));
});

test("s stars the article with the focus, and takes it back", async ({ page }) => {
  await page.goto("/?view=all");
  await press(page, "?", () => expect(page.getByRole("dialog")).toBeVisible({ timeout: 300 }));
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  const star = rows(page).nth(0).locator("button.star");
  const before = await star.getAttribute("name");
  await mark(page, "s");
  await expect(star).not.toHaveAttribute("name", before ?? "");
  await mark(page, "s");
  await expect(star).toHaveAttribute("name", before ?? "");
});

test("+ and - vote on the article with the focus, and take it back", async ({ page }) => {
  await page.goto("/?view=all");
  await press(page, "?", () => expect(page.getByRole("dialog")).toBeVisible({ timeout: 300 }));
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  const [up, down] = ["up", "down"].map((vote) => rows(page).nth(0).locator(`[data-vote=${vote}]`));
  await mark(page, "+");
  await expect(up).toHaveAttribute("aria-pressed", "true");
  await mark(page, "-");
  await expect(down).toHaveAttribute("aria-pressed", "true");
  await mark(page, "-");
  await expect(down).toHaveAttribute("aria-pressed", "false");
});

test("keys typed into a field are text", async ({ page }) => {
  await page.goto("/?view=all");
  await press(page, "/", () => expect(page.getByRole("searchbox")).toBeFocused({ timeout: 300 }));
  await page.keyboard.press("Control+A");
  await page.keyboard.type("jkms?");
  await expect(page.getByRole("searchbox")).toHaveValue("jkms?");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("g then f goes to the feeds", async ({ page }) => {
  await page.goto("/?view=all");
  await press(page, "?", () => expect(page.getByRole("dialog")).toBeVisible({ timeout: 300 }));
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await expect(page).toHaveURL(/\/feeds$/);
});

test("after o and Escape, j goes on at the next row", async ({ page }) => {
  await settled(page);
  await page.goto("/?sort=newest&limit=5");
  await page.getByRole("link", { name: "Next page" }).click();
  const ids = await rows(page).evaluateAll((all) => all.map((row) => row.id));
  await press(page, "?", () => expect(page.getByRole("dialog")).toBeVisible({ timeout: 300 }));
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("n");
  await page.keyboard.press("o");
  await expect(page).toHaveURL(new RegExp(`/articles/${ids[1].slice(1)}\\?`));
  await press(page, "Escape", () => expect(page).toHaveURL(/\/\?.*cursor=/, { timeout: 300 }));
  await expect(page.locator(`#${ids[1]} h2 a`)).toBeFocused();
  await press(page, "j", () => expect(page.locator(`#${ids[2]} h2 a`)).toBeFocused({ timeout: 300 }));
});

/** Types a key of a Russian keyboard: its letter, at the position of a Latin one. */
const russian: Record<string, string> = { KeyJ: "о", KeyO: "щ", KeyN: "т" };
async function typeRussian(page: Page, code: string): Promise<void> {
  const keys = { key: russian[code], code, bubbles: true };
  await page.evaluate((keys) => (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", keys)), keys);
}

for (const layout of ["Latin", "Russian"]) {
  test(`in every list, after o and Escape, j goes on at the next row: ${layout}`, async ({ page }) => {
    test.setTimeout(120_000);
    await settled(page);
    await page.goto("/feeds");
    const feed = await page.getByRole("main").locator("a[href^='/?feed=']").first().getAttribute("href");
    await page.goto("/?view=all");
    const category = await rows(page).locator("a[href^='/?category=']").first().getAttribute("href");
    const key = (latin: string) =>
      layout === "Latin" ? page.keyboard.press(latin) : typeRussian(page, `Key${latin.toUpperCase()}`);
    for (const list of ["/?view=all&sort=newest", `${feed}&view=all`, `${category}&view=all`, "/search?q=is:read+OR+is:unread"]) {
      await page.goto(list);
      const ids = await rows(page).evaluateAll((all) => all.map((row) => row.id));
      expect(ids.length, list).toBeGreaterThan(1);
      await press(page, "?", () => expect(page.getByRole("dialog")).toBeVisible({ timeout: 300 }));
      await page.keyboard.press("Escape");
      await key("j");
      await expect(page.locator(`#${ids[0]} h2 a`), list).toBeFocused();
      await key("o");
      await expect(page, list).toHaveURL(new RegExp(`/articles/${ids[0].slice(1)}`));
      await press(page, "Escape", () => expect(page, list).not.toHaveURL(/articles/, { timeout: 300 }));
      expect(new URL(page.url()).pathname, list).toBe(new URL(list, page.url()).pathname);
      await expect(page.locator(`#${ids[0]} h2 a`), list).toBeFocused();
      await press(page, "?", () => expect(page.getByRole("dialog")).toBeVisible({ timeout: 300 }));
      await page.keyboard.press("Escape");
      await key("j");
      await expect(page.locator(`#${ids[1]} h2 a`), list).toBeFocused();
    }
  });
}

test("keys of other scripts are recognized by their position on the keyboard", async ({ page }) => {
  await page.goto("/?view=all");
  const type = (key: string, code: string, shiftKey = false) =>
    page.evaluate(
      (keys) => document.body.dispatchEvent(new KeyboardEvent("keydown", { ...keys, bubbles: true })),
      { key, code, shiftKey },
    );
  await expect(async () => {
    await type("о", "KeyJ");
    await expect(rows(page).nth(0).locator("h2 a")).toBeFocused({ timeout: 300 });
  }).toPass();
  await type("ξ", "KeyJ");
  await expect(rows(page).nth(1).locator("h2 a")).toBeFocused();
  for (const [search, help] of [
    [".", ","],
    ["ظ", "؟"],
    ["б", "Б"],
  ]) {
    await type(search, "Slash");
    await expect(page.locator(".find [name=q]")).toBeFocused();
    await type(help, "Slash", true);
    await expect(page.getByRole("dialog")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  }
});

test("v opens the original and marks the row read", async ({ page, context }) => {
  await page.goto("/");
  await press(page, "?", () => expect(page.getByRole("dialog")).toBeVisible({ timeout: 300 }));
  await page.keyboard.press("Escape");
  await context.route(/^https?:\/\/(?!127\.0\.0\.1)/, (route) => route.fulfill({ body: "the original" }));
  await page.keyboard.press("j");
  const id = await page.evaluate(() => document.activeElement?.closest(".row")?.id);
  const opened = context.waitForEvent("page");
  await mark(page, "v");
  await (await opened).close();
  await expect(page.locator(`#${id}`)).not.toHaveClass(/unread/);
});
