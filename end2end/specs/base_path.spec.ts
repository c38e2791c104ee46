// Below a base path, as behind a proxy that gives Gleaner a path: links, forms, live updates, shortcuts and the chat request nothing outside of it.
import { Demo } from "../support/demo";
import { expect, rows, test } from "../support/test";

test("reading, marking, chatting and the keys stay below the base path", async ({ page, javaScriptEnabled }) => {
  test.setTimeout(120_000);
  const demo = await Demo.open("/reader");
  const outside: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin === new URL(demo.url).origin && !/^\/reader(\/|$)/.test(url.pathname)) outside.push(`${request.method()} ${url}`);
  });
  try {
    const events = javaScriptEnabled ? page.waitForRequest(`${demo.url}/api/events`) : undefined;
    await page.goto(`${demo.url}/?view=all&sort=newest`);
    await events;
    const row = page.locator(`#${await rows(page).first().getAttribute("id")}`);
    await row.getByRole("button", { name: "Mark as read" }).click();
    await expect(row.getByRole("button", { name: "Mark as unread" })).toBeVisible();
    await row.locator("h2 a").click();
    await expect(page).toHaveURL(/\/reader\/articles\/\d+/);
    await page.getByRole("link", { name: "Back to the list" }).click();
    await expect(page).toHaveURL(/\/reader\/\?/);

    await page.goto(`${demo.url}/feeds`);
    await page.getByLabel("New folder").fill("Below");
    await page.getByRole("button", { name: "Add folder" }).click();
    await expect(page.locator("#folders li").filter({ hasText: "Below" })).toBeVisible();
    await expect(page).toHaveURL(/\/reader\/feeds/);

    await page.goto(`${demo.url}/settings/ollama`);
    await expect(page.locator("#ollama-health")).toBeVisible();

    if (javaScriptEnabled) {
      await page.goto(`${demo.url}/`);
      // Shortcuts work only after their island is hydrated.
      await expect(async () => {
        await page.keyboard.press("g");
        await page.keyboard.press("f");
        await expect(page).toHaveURL(`${demo.url}/feeds`, { timeout: 500 });
      }).toPass();
    }
    await page.goto(`${demo.url}/chat`);
    await page.getByLabel("Your message").fill("A list, please");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page).toHaveURL(/\/reader\/chat\/\d+/);
    await expect(page.getByLabel("Your next message")).toBeVisible({ timeout: 20_000 });
    expect(outside, "requests outside of the base path").toEqual([]);
  } finally {
    // A page whose server ends logs an error about its event stream.
    await page.goto("about:blank");
    await demo.close();
  }
});
