// Every task of the Ollama settings page, with JavaScript and without.
import type { Locator, Page } from "@playwright/test";
import { expect, main, formNotice, test } from "../support/test";

const slow = { do: "pace", tick_ms: 60, step: 3_000_000 } as const;
/** For the test that loads several pages during one download. */
const slower = { do: "pace", tick_ms: 60, step: 1_000_000 } as const;
const quick = { do: "pace", tick_ms: 60, step: 400_000_000 } as const;

const library = (page: Page): Locator => page.locator("#library");
const installed = (page: Page): Locator => page.locator("#installed");
/** The row of a model in a list. */
const row = (list: Locator, name: string): Locator =>
  list.getByRole("listitem").filter({ has: list.page().getByText(name, { exact: true }) });
const bar = (page: Page, name: string): Locator => page.getByRole("progressbar", { name: `Download of ${name}` });
const percent = async (page: Page): Promise<number> =>
  Number(/(\d+) %/.exec(await page.locator(".pull p").first().innerText())?.[1]);

async function open(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/settings/ollama`);
  // So that the page shows the result of a poll just now.
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(formNotice(page)).toContainText("Checked just now");
}

test.describe.configure({ timeout: 60_000 });

/** Leaves the page, which would log errors when the server stops. */
const leave = (page: Page) => page.goto("about:blank");

test.beforeEach(async ({ instance, page }) => {
  await instance.tidy();
  await open(page, instance.url);
});

test("1. the badge is connected, and disconnected with cause and remedy", async ({ page, instance, javaScriptEnabled }) => {
  const badge = page.locator("#ollama-health");
  await expect(badge).toContainText("✓ connected");
  await expect(badge).toContainText(/\d+ ms/);
  await expect(badge).toContainText("0.33.0");
  await expect(badge).toContainText("http://127.0.0.1:");

  await instance.tell({ do: "down" });
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(badge).toContainText("× disconnected");
  await expect(badge.locator(".notice")).toContainText(/Start Ollama/);

  await instance.tell({ do: "up" });
  // With JavaScript the badge updates itself; without, a click is needed.
  if (javaScriptEnabled === false) await page.getByRole("button", { name: "Check now" }).click();
  await expect(badge).toContainText("✓ connected", { timeout: 25_000 });
});

test("2. the selector shows name, size and which models are loaded", async ({ page }) => {
  const options = page.locator("[name=categorization_model] option");
  await expect(options.filter({ hasText: "qwen3:8b — 5.2 GB" })).toHaveCount(1);
  await expect(page.locator("select option").filter({ hasText: "nomic" }), "embeddings are not offered").toHaveCount(0);
  const unload = page.getByRole("button", { name: "Unload llama3.2:3b" });
  if (await unload.isVisible()) await unload.click();
  await page.getByRole("button", { name: "Load llama3.2:3b", exact: true }).click();
  await expect(formNotice(page)).toContainText("Model loaded");
  await expect(options.filter({ hasText: "llama3.2:3b — 2.0 GB (loaded)" })).toHaveCount(1);
  await expect(row(installed(page), "llama3.2:3b")).toContainText("Loaded");
});

test("3. separate models: offered from two on, with what they need, and back", async ({ page, instance, javaScriptEnabled }) => {
  const models = page.locator("#models");
  const apart = page.getByRole("checkbox", { name: /separate models/ });
  await expect(apart).not.toBeChecked();
  await expect(models.getByRole("combobox")).toHaveCount(1);

  await apart.check();
  await expect(models.getByRole("combobox")).toHaveCount(2);
  await page.locator("[name=scoring_model]").selectOption("llama3.2:3b");
  if (javaScriptEnabled === false) await models.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("#memory")).toContainText(/qwen3:8b: 5\.2 GB of weights, 1\.2 GB for its context/);
  await expect(page.locator("#memory")).toContainText(/llama3\.2:3b: 2\.0 GB of weights/);
  await expect(page.locator("#memory")).toContainText(/Together about \d+\.\d GB\. This machine has \d+/);

  await apart.uncheck();
  await expect(models.getByRole("combobox")).toHaveCount(1);
  await instance.tell({ do: "remove", name: "llama3.2:3b" });
  await instance.choose("qwen3:8b");
  await open(page, instance.url);
  await expect(apart).toHaveCount(0);
});

test("4. save is active when something changed, and what is saved survives a restart", async ({ page, instance, javaScriptEnabled }) => {
  const model = page.locator("[name=categorization_model]");
  const save = page.locator("#models").getByRole("button", { name: "Save" });
  if (javaScriptEnabled !== false) {
    await expect(save).toBeDisabled();
    await model.selectOption("llama3.2:3b");
    await expect(save).toBeEnabled();
    await model.selectOption("qwen3:8b");
    await expect(save, "changed back").toBeDisabled();
  }
  await model.selectOption("llama3.2:3b");
  await save.click();
  await expect(formNotice(page)).toContainText("applies from the next batch");
  if (javaScriptEnabled !== false) await expect(save).toBeDisabled();

  await leave(page);
  await instance.stop();
  await instance.start();
  await open(page, instance.url);
  await expect(model).toHaveValue("llama3.2:3b");
  await expect(row(installed(page), "llama3.2:3b")).toContainText("categorizes and scores");
});

test("5. disconnected, the models wait and the rest of the page works", async ({ page, instance }) => {
  await instance.tell({ do: "down" });
  await open(page, instance.url);
  await expect(page.locator("#models")).toContainText("Connect to Ollama to manage models");
  await expect(page.locator("#models").getByRole("combobox")).toBeDisabled();
  await expect(library(page).getByRole("button", { name: "Pull qwen3:4b" })).toBeDisabled();
  await expect(page.locator("#prompts summary")).toHaveCount(2);
});

test("6. the prompts fold and unfold", async ({ page }) => {
  const prompts = page.locator("#prompts details");
  await expect(prompts).toHaveCount(2);
  for (const prompt of await prompts.all()) {
    await expect(prompt.locator("pre")).toBeHidden();
    await prompt.locator("summary").click();
    expect((await prompt.locator("pre").innerText()).length).toBeGreaterThan(200);
    await prompt.locator("summary").click();
    await expect(prompt.locator("pre")).toBeHidden();
  }
});

test("7. five recommended models, those installed marked; a name without a tag means latest", async ({ page, instance }) => {
  const names = ["qwen3:1.7b", "qwen3:4b", "qwen3:8b", "gemma3:4b", "llama3.2:3b"];
  for (const name of names) await expect(row(library(page), name)).toContainText(/\d GB · needs about \d+\.\d GB/);
  for (const name of ["qwen3:8b", "llama3.2:3b"]) await expect(row(library(page), name)).toContainText("Installed");
  await expect(row(library(page), "gemma3:4b")).not.toContainText("Installed");
  await expect(library(page).getByRole("button", { name: "Pull qwen3:8b" })).toHaveCount(0);

  await instance.tell({ do: "install", name: "phi4-mini:latest", size: 2_500_000_000 });
  await open(page, instance.url);
  await instance.choose("phi4-mini");
  await open(page, instance.url);
  await expect(page.locator("[name=categorization_model]")).toHaveValue("phi4-mini:latest");
  await expect(page.locator("#models")).not.toContainText("missing");
});

test("8. any other name is validated while typing, refused with a message, and pulled", async ({ page, javaScriptEnabled }) => {
  const field = page.getByLabel("Pull another model");
  const pull = library(page).getByRole("button", { name: "Pull", exact: true });
  await field.fill("not a name");
  if (javaScriptEnabled !== false) {
    await expect(library(page)).toContainText("The model cannot contain “ ”");
    await expect(pull).toBeDisabled();
  } else {
    await pull.click();
    await expect(library(page).getByRole("alert")).toContainText("The model cannot contain “ ”");
    await expect(field).toHaveValue("not a name");
  }
  await field.fill("tiny:1b");
  await pull.click();
  await expect(library(page)).toContainText("tiny:1b is installed.");
  await expect(row(installed(page), "tiny:1b")).toContainText("9.0 MB");
  await library(page).getByRole("button", { name: /^Dismiss/ }).click();
  await expect(library(page)).not.toContainText("tiny:1b is installed.");
});

test("9. a download is shown after a reload, in a second tab and after a restart; others are queued", async ({ page, instance, context }) => {
  test.setTimeout(90_000);
  await instance.tell(slower);
  await page.getByRole("button", { name: "Pull qwen3:4b" }).click();
  await expect(bar(page, "qwen3:4b")).toBeVisible();
  await page.getByRole("button", { name: "Pull gemma3:4b" }).click();
  await expect(row(library(page), "gemma3:4b")).toContainText("Queued: starts after the current download");
  await expect(page.locator(".pull p").first()).toContainText(/\d+ % .*of 2\.5 GB · \d.* MB\/s · .* left/);
  await expect(page.locator(".pull .doing")).toContainText("Downloading");

  await page.goto(instance.url);
  const way = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^Ollama\b.*downloaded/ });
  await expect(way, "a mark at the link of the sidebar").toHaveCount(1);
  await way.click();
  await expect(bar(page, "qwen3:4b")).toBeVisible();
  const before = await percent(page);
  await page.reload();
  await expect.poll(() => percent(page)).toBeGreaterThanOrEqual(before);
  const second = await context.newPage();
  await second.goto(`${instance.url}/settings/ollama`);
  await expect(bar(second, "qwen3:4b")).toBeVisible();
  await expect.poll(() => percent(second), "progress continues").toBeGreaterThan(before);

  const reached = await percent(second);
  await second.close();
  await leave(page);
  await instance.stop("SIGKILL");
  await instance.start();
  await page.goto(`${instance.url}/settings/ollama`);
  await expect(bar(page, "qwen3:4b"), "resumed by itself").toBeVisible();
  await expect.poll(() => percent(page)).toBeGreaterThanOrEqual(reached);
  await instance.tell(quick);
  for (const name of ["qwen3:4b", "gemma3:4b"]) {
    await expect(row(library(page), name).getByText("✓ Installed")).toBeVisible({ timeout: 30_000 });
  }
  await expect(page.getByRole("progressbar")).toHaveCount(0);
});

test("10. a download is cancelled, and the next one starts", async ({ page, instance }) => {
  await instance.tell(slow);
  await page.getByRole("button", { name: "Pull qwen3:4b" }).click();
  await expect(bar(page, "qwen3:4b")).toBeVisible();
  await page.getByRole("button", { name: "Pull gemma3:4b" }).click();
  await expect(row(library(page), "gemma3:4b")).toContainText("Queued");
  await row(library(page), "qwen3:4b").getByRole("button", { name: "Cancel the download of qwen3:4b" }).click();
  await expect(bar(page, "qwen3:4b")).toHaveCount(0);
  await expect(bar(page, "gemma3:4b")).toBeVisible();
  await page.getByRole("button", { name: "Cancel the download of gemma3:4b" }).click();
  await expect(library(page)).toContainText("The download of gemma3:4b was cancelled");
  await expect(page.getByRole("progressbar")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Pull gemma3:4b" })).toBeEnabled();
});

test("11. a model that does not exist gets an error message and no progress bar", async ({ page }) => {
  await page.getByLabel("Pull another model").fill("nosuchmodel:7b");
  await library(page).getByRole("button", { name: "Pull", exact: true }).click();
  await expect(library(page).locator(".notice.error")).toContainText(/nosuchmodel:7b/);
  await expect(page.getByRole("progressbar")).toHaveCount(0);
});

test("12. a model is deleted after a confirmation with its size and its task", async ({ page }) => {
  await page.getByRole("link", { name: "Delete qwen3:8b" }).click();
  await expect(main(page)).toContainText("categorizes and scores");
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("link", { name: "Delete llama3.2:3b" }).click();
  await expect(main(page)).toContainText("2.0 GB");
  await expect(main(page)).not.toContainText("your articles");
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(formNotice(page)).toContainText("Deleted from Ollama's disk");
  await expect(row(installed(page), "llama3.2:3b")).toHaveCount(0);
  await expect(row(library(page), "llama3.2:3b")).not.toContainText("Installed");
});
