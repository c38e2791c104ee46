import type { Page } from "@playwright/test";
import { expect, main, rows, formNotice, settled, test } from "../support/test";

const log = (page: Page) => page.getByRole("log");
const next = (page: Page) => page.getByLabel("Your next message");

async function ask(page: Page, message: string): Promise<void> {
  await page.goto("/chat");
  await page.getByLabel("Your message").fill(message);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page).toHaveURL(/\/chat\/\d+/);
}

/** The simulated model takes two seconds to load, and streams its answer slowly. */
const slow = { timeout: 20_000 };

test.beforeEach(async ({ page }) => settled(page));

test("an answer arrives on the page, and the conversation goes on", async ({ page }) => {
  await ask(page, "Why is the sky blue?");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Why is the sky blue?");
  await expect(next(page)).toBeVisible(slow);
  await expect(log(page).locator(".answer strong").nth(1)).toHaveText("simulated model");
  await expect(log(page).locator(".answer li")).toHaveCount(3);
  await next(page).fill("And at night?");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(log(page)).toContainText("And at night?");
  await expect(log(page).locator(".answer")).toHaveCount(2);
  await expect(next(page)).toBeVisible(slow);
  await expect(log(page)).toContainText("I remember what you wrote before");

  await page.goto("/chat");
  await page.getByRole("link", { name: "Why is the sky blue?", exact: true }).first().click();
  await expect(log(page).locator(".message")).toHaveCount(4);
});

test("an answer is stopped, and its beginning stays", async ({ page }) => {
  await ask(page, "Tell me a long story");
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(log(page)).toContainText("You stopped this answer.", slow);
  await page.getByRole("button", { name: "Regenerate" }).click();
  await expect(next(page)).toBeVisible(slow);
  await expect(log(page)).not.toContainText("You stopped this answer.");
});

test("an answer goes on when its page is left", async ({ page }) => {
  await ask(page, "Who are you?");
  const address = page.url();
  await page.goto("/");
  await expect(rows(page).first()).toBeVisible();
  await page.goto(address);
  await expect(next(page)).toBeVisible(slow);
  await expect(log(page)).toContainText("simulated model");
});

test("an article is discussed from its page", async ({ page }) => {
  await page.goto("/?view=all");
  await rows(page).first().locator("h2 a").click();
  const title = await page.getByRole("heading", { level: 1 }).innerText();
  await page.getByRole("link", { name: "Chat about this article" }).click();
  await expect(main(page).getByRole("link", { name: title })).toBeVisible();
  await page.getByLabel("Your message").fill("Sum it up");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(next(page)).toBeVisible(slow);
  await expect(log(page).locator(".answer")).toContainText(title);
});

test("a conversation is deleted after a confirmation", async ({ page }) => {
  await ask(page, "Please forget this");
  await expect(next(page)).toBeVisible(slow);
  await page.getByRole("link", { name: "Delete" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Delete this conversation?");
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(formNotice(page)).toContainText("deleted");
  await expect(main(page).getByText("Please forget this")).toHaveCount(0);
});

test("an empty message is refused beside its field", async ({ page }) => {
  await page.goto("/chat");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("alert")).toContainText("Write a message first");
});

test("Enter sends and Shift+Enter does not", { tag: "@script" }, async ({ page }) => {
  // Two answers of a model.
  test.setTimeout(60_000);
  await ask(page, "First");
  await expect(next(page)).toBeVisible(slow);
  await next(page).press("Shift+Enter");
  await next(page).pressSequentially("Second");
  await next(page).press("Enter");
  await expect(log(page).locator(".message")).toHaveCount(4);
  await expect(next(page)).toBeEditable(slow);
});

test("without an Ollama the page says what to do", async ({ page, fresh }) => {
  test.setTimeout(60_000);
  await page.goto(`${fresh}/chat`);
  await page.getByLabel("Your message").fill("hi");
  await page.getByRole("button", { name: "Send" }).click();
  // While no poll of Ollama has ended, a request is retried for up to 15 s.
  await expect(log(page)).toContainText("Start Ollama there", { timeout: 28_000 });
  await expect(page.getByRole("button", { name: "Regenerate" })).toBeVisible();
});
