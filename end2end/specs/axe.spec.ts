import AxeBuilder from "@axe-core/playwright";
import { expect, rows, settled, test } from "../support/test";

const pages = [
  "/",
  "/?view=all&sort=newest",
  "/?view=failed",
  "/feeds",
  "/feeds/new",
  "/categories",
  "/rules",
  "/rules/edit?query=title:why&test=1&name=Questions",
  "/rules/edit?query=authr:jane&test=1",
  "/searches",
  "/search?q=is:unread",
  "/chat",
  "/interests",
  "/settings",
  "/settings/access",
  "/settings/clients",
  "/settings/ollama",
  "/settings/ollama/options?model=qwen3:8b",
  "/settings/retention",
  "/settings/retention?rules=is:unread",
  "/settings/retention?rules=authr:jane",
  "/settings/servers",
  "/settings/ollama/delete?model=qwen3:8b",
  "/models",
  "/status",
  "/keys",
  "/no/such/page",
];

const desktop = { width: 1280, height: 720 };
const phone = { width: 390, height: 844 };

for (const colorScheme of ["light", "dark"] as const) {
  test(`every page is accessible and fits a phone, ${colorScheme}`, async ({ page, fresh }) => {
    test.setTimeout(300_000);
    await settled(page);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.goto("/?view=all");
    const article = await rows(page).first().locator("h2 a").getAttribute("href");
    await page.goto("/feeds");
    const feed = await page.getByRole("main").getByRole("link", { name: /^Settings of/ }).first().getAttribute("href");
    await page.goto("/categories");
    const category = await page.getByRole("link", { name: /^Edit/ }).first().getAttribute("href");
    await page.goto("/chat");
    await page.getByLabel("Your message").fill("A list, please");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByLabel("Your next message")).toBeVisible({ timeout: 20_000 });
    const chat = new URL(page.url()).pathname;
    for (const path of [...pages, chat, `${chat}/delete`, article, feed, `${feed}/remove`, category, fresh, `${fresh}/feeds/new`, `${fresh}/rules`]) {
      await page.goto(path ?? "/");
      await page.evaluate(() => document.querySelectorAll<HTMLDetailsElement>("main details").forEach((part) => (part.open = true)));
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
      const found = violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ")).join(", ")}`);
      expect.soft(found, `${path} (${colorScheme})`).toEqual([]);
      await page.setViewportSize(phone);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(beyond, `${path}: pixels beyond the width of a phone`).toBeLessThanOrEqual(0);
      await page.setViewportSize(desktop);
    }
  });
}
