// What only a script does: keeping up without being asked, and leaving it when nobody looks.
import { expect, settled, test } from "../support/test";

test("the badge is brought up to date every 20 s while it is in sight, and left alone when it is not", async ({ page }) => {
  await settled(page);
  await page.clock.install();
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/fn/ollama/standing")) asked += 1;
  });
  await page.goto("/settings/ollama");
  await expect(page.locator("#models").getByRole("button", { name: "Save" }), "the islands are awake").toBeDisabled();
  const before = asked;
  await page.clock.fastForward(21_000);
  await expect.poll(() => asked).toBeGreaterThan(before);

  await page.locator("#prompts").scrollIntoViewIfNeeded();
  await expect(page.locator("#ollama-health")).not.toBeInViewport();
  // What was on its way when it left arrives.
  await page.clock.fastForward(1_000);
  const then = asked;
  for (let times = 0; times < 3; times += 1) await page.clock.fastForward(21_000);
  expect(asked, "out of sight").toBe(then);

  await page.locator("#ollama-health").scrollIntoViewIfNeeded();
  await expect.poll(() => asked, "back in sight, at once").toBeGreaterThan(then);
});
