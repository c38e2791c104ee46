// The feed of a saved search: read without a session by its secret address, until that is renewed or switched off.
import { request } from "@playwright/test";
import { Demo } from "../support/demo";
import { expect, main, test } from "../support/test";

test("the feed of a saved search is read without logging in, and ends with its address", async ({ page }) => {
  test.setTimeout(90_000);
  const demo = await Demo.open();
  const stranger = await request.newContext();
  try {
    await page.goto(`${demo.url}/settings/access`);
    await page.locator("[name=password]").fill("correct horse battery");
    await page.locator("[name=repeated]").fill("correct horse battery");
    await page.getByRole("button", { name: "Set a password" }).click();
    await expect(page.getByText("A password is set.")).toBeVisible();
    expect((await stranger.get(`${demo.url}/feeds`, { headers: { accept: "text/html" } })).url()).toContain("/login");

    await page.goto(`${demo.url}/search?q=title%3Awhy`);
    const title = await page.locator(".rows h2").first().innerText();
    await page.locator("summary", { hasText: "Save this search" }).click();
    await page.getByLabel("Name").fill("Questions");
    await page.getByRole("button", { name: "Save search" }).click();

    const line = main(page).locator("li.line").filter({ hasText: "Questions" });
    const details = line.locator("summary", { hasText: "Feed" });
    const addresses = async () => {
      await page.goto(`${demo.url}/searches`);
      await details.click();
      return line.locator("input[readonly]").evaluateAll((all) => all.map((field) => (field as HTMLInputElement).value));
    };
    expect(await addresses()).toEqual([]);
    await line.getByRole("button", { name: "Create address" }).click();
    await expect(main(page).getByText("Feed (on)")).toBeVisible();
    const first = await addresses();
    expect(first).toHaveLength(4);
    for (const address of first) {
      const answer = await stranger.get(address);
      expect(answer.status(), address).toBe(200);
      if (!address.endsWith(".opml")) expect((await answer.text()).replace(/&#39;|&apos;/g, "'"), address).toContain(title);
    }

    await line.getByRole("button", { name: "Renew address" }).click();
    await expect(main(page).getByText("Feed (on)")).toBeVisible();
    const second = await addresses();
    expect((await stranger.get(first[0])).status()).toBe(404);
    expect((await stranger.get(second[0])).status()).toBe(200);
    await line.getByRole("button", { name: "Switch off" }).click();
    await expect(main(page).getByText("Feed (on)")).toHaveCount(0);
    expect((await stranger.get(second[0])).status()).toBe(404);
  } finally {
    await stranger.dispose();
    await demo.close();
  }
});
