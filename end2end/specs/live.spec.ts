// What only a script does: keeping up without being asked, and leaving it when nobody looks.
import { expect, settled, test } from "../support/test";

test("the badge is brought up to date every 20 s while it is in sight, and left alone when it is not", async ({ page }) => {
  await settled(page);
  await page.clock.install();
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/fn/ollama/standing")) asked += 1;
  });
  /** How often the badge asks within 21 s. */
  const questions = async () => {
    const before = asked;
    await page.clock.fastForward(21_000);
    // What was to be asked has been sent by the time that this is answered.
    await page.evaluate(() => fetch("/healthz").then((answer) => answer.text()));
    return asked - before;
  };
  await page.goto("/settings/ollama");
  await expect(page.locator("#models").getByRole("button", { name: "Save" }), "the islands are awake").toBeDisabled();
  await expect.poll(questions, "in sight").toBe(1);

  await page.locator("#prompts").scrollIntoViewIfNeeded();
  await expect.poll(questions, "out of sight").toBe(0);
  expect(await questions()).toBe(0);

  const then = asked;
  await page.locator("#ollama-health").scrollIntoViewIfNeeded();
  await expect.poll(() => asked, "back in sight, at once").toBeGreaterThan(then);
});
