// A rule made of a search: its test equals what it then does, and undoing restores it.
import { expect, formNotice, main, rows, settled, test } from "../support/test";
import type { Page } from "@playwright/test";

/** Loads the rules until the line of one says something. */
async function untilRuleSays(page: Page, name: string, text: RegExp): Promise<void> {
  await expect(async () => {
    await page.goto("/rules");
    await expect(main(page).locator("li.line").filter({ hasText: name })).toContainText(text, { timeout: 500 });
  }).toPass({ timeout: 20_000 });
}

async function starred(page: Page): Promise<number> {
  await page.goto("/?view=starred");
  return rows(page).count();
}

test("a search becomes a rule, whose test equals what it does, and which is undone", async ({ page }) => {
  await settled(page);
  const before = await starred(page);
  await page.goto("/search?q=title%3Awhy");
  const hits = await rows(page).count();
  expect(hits).toBeGreaterThan(1);
  await page.getByRole("link", { name: "Make a rule of this" }).click();
  await expect(page.getByLabel("Query")).toHaveValue("title:why");
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);

  await page.getByLabel("Name").fill("Questions");
  await page.getByLabel("Star", { exact: true }).check();
  await page.getByRole("button", { name: "Test" }).click();
  await expect(main(page)).toContainText(`It would have matched ${hits} of the last`);
  await expect(main(page).locator("section li a")).toHaveCount(hits);
  await expect(page.getByLabel("Name")).toHaveValue("Questions");
  await expect(page.getByLabel("Star", { exact: true })).toBeChecked();
  expect(await starred(page)).toBe(before);

  await page.goBack();
  await page.getByLabel("Apply to existing articles").check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(formNotice(page)).toContainText("rule");
  await untilRuleSays(page, "Questions", new RegExp(`Applied to ${hits} articles`));
  expect(await starred(page)).toBe(before + hits);

  await page.goto("/rules");
  const line = main(page).locator("li.line").filter({ hasText: "Questions" });
  await line.locator("summary").click();
  await line.getByRole("button", { name: "Undo" }).click();
  await untilRuleSays(page, "Questions", /No article matched yet|^((?!Applied to).)*$/s);
  await expect(async () => expect(await starred(page)).toBe(before)).toPass();

  await page.goto("/rules");
  await line.locator("summary").click();
  await line.getByRole("button", { name: "Remove rule" }).click();
  await expect(main(page)).toContainText("No rules");
});

test("a query that is not understood is refused by the test, with what was typed still in it", async ({ page }) => {
  await page.goto("/rules/edit?query=authr%3Ajane");
  await page.getByLabel("Name").fill("Jane");
  await page.getByLabel("Mark as read").check();
  await page.getByRole("button", { name: "Test" }).click();
  await expect(page.getByRole("alert")).toContainText("author:");
  await expect(page.getByLabel("Query")).toHaveValue("authr:jane");
  await expect(page.getByLabel("Query")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Mark as read")).toBeChecked();
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
});
