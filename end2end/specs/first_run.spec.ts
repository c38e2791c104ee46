// The checklist of a first visit.
import { Instance } from "../support/instance";
import { expect, test } from "../support/test";

const local = { GLEANER_FETCH__ALLOW_NETWORKS: "127.0.0.0/8" };

test("the checklist ticks what is done, and ends with the first scores", async ({ page, site }) => {
  test.setTimeout(90_000);
  const gleaner = await Instance.open(local);
  try {
    const checklist = page.locator("#first-run");
    await page.goto(gleaner.url);
    await expect(checklist).toContainText("1 of 4 steps done");
    await expect(page.locator("#first-run-model")).toHaveText("✓ done");
    await expect(checklist).toContainText("qwen3:8b will score new articles");
    await checklist.getByRole("link", { name: "Starter packs" }).click();
    await expect(page.getByRole("button", { name: /^Science: Add \d+ feeds$/ })).toBeEnabled();

    await page.goto(gleaner.url);
    await checklist.getByRole("link", { name: "Describe your interests" }).click();
    await page.getByLabel("What you want more of").fill("Pottery");
    await page.getByRole("button", { name: "Save" }).click();
    await page.goto(gleaner.url);
    await expect(page.locator("#first-run-interests")).toHaveText("✓ done");

    // Scoring waits, so that the step before it can be seen.
    expect((await page.request.post(`${gleaner.url}/api/scoring/pause`)).ok()).toBe(true);
    await checklist.getByLabel("Feed or website URL").fill(site.url("/pottery.xml"));
    await checklist.getByRole("button", { name: "Subscribe" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Pottery weekly");
    await page.goto(gleaner.url);
    await expect(checklist).toContainText("3 of 4 steps done");
    await expect(checklist).not.toHaveAttribute("open");
    await checklist.locator("summary").first().click();
    await expect(checklist).toContainText("You read 1 feed.");
    expect((await page.request.post(`${gleaner.url}/api/scoring/resume`)).ok()).toBe(true);
    await expect(async () => {
      await page.goto(gleaner.url);
      await expect(checklist).toHaveCount(0, { timeout: 300 });
    }).toPass({ timeout: 30_000 });
  } finally {
    await gleaner.close();
  }
});

test("the checklist is dismissed for good", async ({ page }) => {
  const gleaner = await Instance.open(local);
  try {
    await page.goto(gleaner.url);
    await page.locator("#first-run").getByRole("button", { name: /checklist/ }).click();
    await expect(page.locator("#first-run")).toHaveCount(0);
    await gleaner.stop();
    await gleaner.start();
    await page.goto(gleaner.url);
    await expect(page.locator("#first-run")).toHaveCount(0);
  } finally {
    await gleaner.close();
  }
});
