import { expect, main, test } from "../support/test";

test("an unknown address gets a 404 page with links", async ({ page }) => {
  const answer = await page.goto("/no/such/page");
  expect(answer?.status()).toBe(404);
  await expect(page).toHaveTitle("Not found · Gleaner");
  await main(page).getByRole("link", { name: "All feeds" }).click();
  await expect(main(page).getByRole("heading", { level: 1 })).toHaveText("Feeds");
});

test("every page carries a policy that lets only its own scripts run", async ({ page }) => {
  for (const path of ["/", "/feeds", "/feeds/new", "/categories", "/interests", "/settings", "/settings/ollama", "/status"]) {
    const answer = await page.goto(path);
    const policy = answer?.headers()["content-security-policy"] ?? "";
    expect(policy, path).toMatch(/script-src[^;]*'nonce-[^']+'/);
    expect(policy, path).not.toContain("unsafe-inline' 'unsafe-eval");
    expect(policy, path).toContain("frame-ancestors 'none'");
  }
});

test("a form of another site is refused", async ({ page, baseURL }) => {
  const answer = await page.request.post("/fn/scoring/pause", {
    form: { paused: "true" },
    headers: { origin: "https://evil.example", "sec-fetch-site": "cross-site", accept: "text/html", referer: `${baseURL}/` },
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(403);
});
