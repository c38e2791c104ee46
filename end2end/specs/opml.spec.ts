import { expect, main, test } from "../support/test";
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";

async function upload(page: Page, text: string): Promise<void> {
  await page.goto("/feeds");
  await page.getByLabel("OPML file").setInputFiles({ name: "feeds.opml", mimeType: "text/x-opml", buffer: Buffer.from(text) });
  await page.getByRole("button", { name: "Import" }).click();
}

const opml = (outlines: string) =>
  `<?xml version="1.0"?><opml version="2.0"><head><title>x</title></head><body>${outlines}</body></opml>`;

test("an exported list is imported without duplicates", async ({ page }) => {
  await page.goto("/feeds");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export all feeds" }).click();
  const file = readFileSync(await (await download).path(), "utf8");
  expect(file).toContain("<opml");
  await upload(page, file);
  await expect(page.locator("#import")).toContainText("0 new feeds imported");
  await expect(page.locator("#import")).toContainText("already existed");
});

test("an imported list keeps its folder; outlines that are no feed are reported with the reason", async ({ page, site }) => {
  await upload(
    page,
    opml(`<outline text="Clay"><outline type="rss" text="Pottery &amp; co" xmlUrl="${site.url("/pottery.xml")}"/></outline>
          <outline type="rss" text="Old" xmlUrl="ftp://example.org/feed"/>`),
  );
  const report = page.locator("#import");
  await expect(report).toContainText("1 new feed imported");
  await expect(report).toContainText("ftp://example.org/feed");
  const table = page.getByRole("table", { name: "Clay" });
  await table.getByRole("link", { name: /^Settings of/ }).click();
  await page.getByRole("link", { name: "Remove this feed" }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  const line = page.locator("#folders li").filter({ hasText: "Clay" });
  await line.locator("summary").click();
  await line.getByRole("button", { name: "Remove folder" }).click();
  await expect(main(page)).not.toContainText("Clay");
});

test("a file that is no OPML is refused with a message, and nothing changes", async ({ page }) => {
  await page.goto("/feeds");
  const feeds = await main(page).locator("table tbody tr").count();
  await upload(page, "this is not OPML");
  await expect(page.locator("#import").getByRole("alert")).not.toBeEmpty();
  await expect(main(page).locator("table tbody tr")).toHaveCount(feeds);
});
