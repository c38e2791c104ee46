// What only a script does: keeping up without being asked, and leaving it when nobody looks.
import { expect, settled, test } from "../support/test";

test("the badge is brought up to date every 20 s while it is in sight, and left alone when it is not", async ({ page }) => {
  // A hundred times as fast: what comes every 20 s comes every 200 ms.
  await page.addInitScript(() => {
    const native = window.setInterval.bind(window);
    window.setInterval = ((run: () => void, every: number) => native(run, every === 20_000 ? 200 : every)) as typeof setInterval;
  });
  let asked = 0;
  page.on("request", (request) => {
    if (request.resourceType() === "fetch" && new URL(request.url()).pathname === "/settings/ollama") asked += 1;
  });
  /** How often the badge asks within what stands for a minute and a half. */
  const questions = async () => {
    const before = asked;
    await page.waitForTimeout(900);
    return asked - before;
  };
  // While articles are scored, every change brings the page up to date.
  await page.goto("/settings/ollama");
  await settled(page);
  await expect.poll(questions, "in sight").toBeGreaterThan(1);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await expect(page.locator("#ollama-health")).not.toBeInViewport();
  await expect.poll(questions, "out of sight").toBe(0);
  await page.evaluate(() => window.scrollTo(0, 0));
  await expect.poll(questions, "back in sight").toBeGreaterThan(1);
});

test("a Gleaner that stops is said within two seconds, nothing typed is lost, and the page recovers", async ({ page, house }) => {
  const stream = page.waitForResponse((response) => new URL(response.url()).pathname === "/api/events");
  await page.goto(`${house.url}/interests`);
  // Before the stream is open, the page does not watch.
  await stream;
  const interests = page.locator("textarea").first();
  await interests.fill("small telescopes");
  const notice = page.locator("#offline");
  await expect(notice).toBeHidden();
  await house.stop("SIGKILL");
  await expect(notice).toContainText(/Gleaner does not answer since \d\d:\d\d\./, { timeout: 2_000 });
  await interests.press("Control+a");
  await interests.fill("small telescopes and their makers");
  await page.getByRole("main").locator("form:has(textarea) button.primary").first().click();
  await expect(page.locator("#toasts")).toContainText("nothing was sent");
  await house.start();
  await expect(notice).toBeHidden({ timeout: 5_000 });
  await expect(interests).toHaveValue("small telescopes and their makers");
});

test("a choice of models that is not saved outlives an Ollama that goes away", async ({ page, house }) => {
  test.setTimeout(90_000);
  await house.tidy();
  await page.goto(`${house.url}/settings/ollama`);
  const model = page.locator("[name=categorization_model]");
  const notice = page.locator("#model-choice-disconnected");
  await model.selectOption("llama3.2:3b");
  await expect(page.locator("#memory")).toContainText("llama3.2:3b: 2.0 GB of weights");
  await expect(notice).toBeHidden();
  await house.tell({ do: "down" });
  await expect(notice).toBeVisible({ timeout: 30_000 });
  await expect(model).toBeDisabled();
  await expect(model).toHaveValue("llama3.2:3b");
  await house.tell({ do: "up" });
  await expect(model).toBeEnabled({ timeout: 30_000 });
  await expect(model).toHaveValue("llama3.2:3b");
  await expect(notice).toBeHidden();
});
