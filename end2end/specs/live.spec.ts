// Live updates, which need JavaScript.
import { expect, settled, test } from "../support/test";

test("the badge is refreshed every 20 s while it is visible, and not while it is hidden", async ({ page }) => {
  // A hundred times as fast: every 200 ms in place of every 20 s.
  await page.addInitScript(() => {
    const native = window.setInterval.bind(window);
    window.setInterval = ((run: () => void, every: number) => native(run, every === 20_000 ? 200 : every)) as typeof setInterval;
  });
  let asked = 0;
  page.on("request", (request) => {
    if (request.resourceType() === "fetch" && new URL(request.url()).pathname === "/settings/ollama") asked += 1;
  });
  /** The number of requests of the badge within 0.9 s. */
  const requests = async () => {
    const before = asked;
    await page.waitForTimeout(900);
    return asked - before;
  };
  // While articles are scored, every change brings the page up to date.
  await page.goto("/settings/ollama");
  await settled(page);
  await expect.poll(requests, "in sight").toBeGreaterThan(1);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await expect(page.locator("#ollama-health")).not.toBeInViewport();
  await expect.poll(requests, "out of sight").toBe(0);
  await page.evaluate(() => window.scrollTo(0, 0));
  await expect.poll(requests, "back in sight").toBeGreaterThan(1);
});

test("a stopped Gleaner is noticed within two seconds, typed text stays, and the page recovers", async ({ page, instance }) => {
  const stream = page.waitForResponse((response) => new URL(response.url()).pathname === "/api/events");
  await page.goto(`${instance.url}/interests`);
  // The page watches the connection only once the stream is open.
  await stream;
  const interests = page.locator("textarea").first();
  await interests.fill("small telescopes");
  const notice = page.locator("#offline");
  await expect(notice).toBeHidden();
  await instance.stop("SIGKILL");
  await expect(notice).toContainText(/Gleaner does not answer since \d\d:\d\d\./, { timeout: 2_000 });
  await interests.press("Control+a");
  await interests.fill("small telescopes and their makers");
  await page.getByRole("main").locator("form:has(textarea) button.primary").first().click();
  await expect(page.locator("#toasts")).toContainText("nothing was sent");
  await instance.start();
  await expect(notice).toBeHidden({ timeout: 5_000 });
  await expect(interests).toHaveValue("small telescopes and their makers");
});

test("an unsaved choice of models survives an outage of Ollama", async ({ page, instance }) => {
  test.setTimeout(90_000);
  await instance.tidy();
  await page.goto(`${instance.url}/settings/ollama`);
  const model = page.locator("[name=categorization_model]");
  const notice = page.locator("#model-choice-disconnected");
  await model.selectOption("llama3.2:3b");
  await expect(page.locator("#memory")).toContainText("llama3.2:3b: 2.0 GB of weights");
  await expect(notice).toBeHidden();
  await instance.tell({ do: "down" });
  await expect(notice).toBeVisible({ timeout: 30_000 });
  await expect(model).toBeDisabled();
  await expect(model).toHaveValue("llama3.2:3b");
  await instance.tell({ do: "up" });
  await expect(model).toBeEnabled({ timeout: 30_000 });
  await expect(model).toHaveValue("llama3.2:3b");
  await expect(notice).toBeHidden();
});
