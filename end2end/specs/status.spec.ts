import { expect, main, formNotice, settled, test } from "../support/test";

test("scoring is paused and resumed", async ({ page }) => {
  await settled(page);
  await page.goto("/status");
  await page.getByRole("button", { name: "Pause scoring" }).click();
  await expect(formNotice(page)).toContainText("paused");
  await expect(page.locator("#worker")).toContainText("Paused");
  await page.getByRole("button", { name: "Resume scoring" }).click();
  await expect(formNotice(page)).toContainText("resumed");
  await expect(page.getByRole("button", { name: "Pause scoring" })).toBeVisible();
});

test("the page shows the queue, failures, Ollama and feeds", async ({ page }) => {
  await page.goto("/status");
  for (const heading of ["Scoring", "Failures", "Ollama", "Feeds"]) {
    await expect(main(page).getByRole("heading", { level: 2, name: heading })).toBeVisible();
  }
  await expect(main(page).locator(".tile").filter({ hasText: /^Scored/ })).toContainText(/\d/);
});
