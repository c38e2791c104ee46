import { expect, rows, settled, test } from "../support/test";
import type { Locator, Page } from "@playwright/test";

/** Presses a thumb and waits for the response, since concurrent requests may arrive out of order. */
async function press(page: Page, thumb: Locator): Promise<void> {
  await Promise.all([page.waitForResponse((answer) => answer.url().includes("/fn/articles/mark")), thumb.click()]);
}

/** Casts a vote, changes it, and removes it. */
async function voteIn(page: Page, place: Locator): Promise<void> {
  const up = place.locator("[data-vote=up]");
  const down = place.locator("[data-vote=down]");
  await expect(up).toHaveAttribute("aria-pressed", "false");
  await press(page, up);
  await expect(up).toHaveAttribute("aria-pressed", "true");
  await press(page, down);
  await expect(down).toHaveAttribute("aria-pressed", "true");
  await expect(up).toHaveAttribute("aria-pressed", "false");
  await press(page, down);
  await expect(down).toHaveAttribute("aria-pressed", "false");
}

test.beforeEach(async ({ page }) => settled(page));

test("votes are cast, changed and removed in a list", async ({ page }) => {
  await page.goto("/?view=all&sort=newest");
  await voteIn(page, rows(page).nth(2));
});

test("votes are cast, changed and removed in the reader, and survive a reload", async ({ page }) => {
  await page.goto("/?view=all&sort=newest");
  await rows(page).nth(3).locator("h2 a").click();
  const verdict = page.locator(".verdict");
  await voteIn(page, verdict);
  const up = verdict.locator("[data-vote=up]");
  await press(page, up);
  await page.goto(page.url());
  await expect(up).toHaveAttribute("aria-pressed", "true");
  await page.goto("/status");
  await expect(page.getByRole("heading", { name: "Your votes and the scores" })).toBeVisible();
  await expect(page.getByRole("img", { name: /Votes up above the line/ })).toBeVisible();
  await page.getByText("As a table").click();
  await expect(page.locator("#agreement table")).toContainText("Votes up");
});
