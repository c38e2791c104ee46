import { expect, main, rows, formNotice, settled, test } from "../support/test";
import type { Locator, Page } from "@playwright/test";

const line = (page: Page, name: string): Locator =>
  page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: new RegExp(`^${name}\\b`) }) });

async function weigh(page: Page, name: string, weight: string): Promise<void> {
  await page.goto("/categories");
  await line(page, name).getByRole("combobox").selectOption(weight);
  await line(page, name).getByRole("button", { name: /^Save/ }).click();
  await expect(formNotice(page)).toContainText("ranked again");
}

async function add(page: Page, name: string): Promise<void> {
  await page.goto("/categories");
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Add category" }).click();
  await expect(formNotice(page)).toContainText("Category added");
}

async function edit(page: Page, name: string): Promise<void> {
  await page.goto("/categories");
  await line(page, name).getByRole("link", { name: /Edit/ }).click();
}

test("a weight takes effect at once: block hides articles, normal shows them again", async ({ page }) => {
  await settled(page);
  await page.goto("/categories");
  const used = page.getByRole("row").filter({ has: page.getByRole("link", { name: /^[1-9]\d* articles? in/ }) }).last();
  const name = (await used.getByRole("rowheader").innerText()).trim().split("\n")[0];
  const list = await used.getByRole("link", { name: /articles? in/ }).getAttribute("href");
  await page.goto(list ?? "");
  const count = await rows(page).count();
  expect(count).toBeGreaterThan(0);

  await weigh(page, name, "block");
  await page.goto(list ?? "");
  await expect(rows(page)).toHaveCount(0);
  await weigh(page, name, "");
  await settled(page);
  await page.goto(list ?? "");
  await expect(rows(page)).toHaveCount(count);
});

test("a category is added, renamed, hidden, shown and removed", async ({ page }) => {
  await add(page, "Ceramics");
  await edit(page, "Ceramics");
  await page.getByLabel("Name").fill("Pottery and glass");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(line(page, "Pottery and glass")).toBeVisible();

  await edit(page, "Pottery and glass");
  await page.getByRole("button", { name: "Hide from the model" }).click();
  await expect(line(page, "Pottery and glass")).toContainText("hidden");
  await edit(page, "Pottery and glass");
  await page.getByRole("button", { name: "Show to the model" }).click();
  await expect(line(page, "Pottery and glass")).not.toContainText("hidden");

  await edit(page, "Pottery and glass");
  await page.locator("summary").filter({ hasText: "Remove this category" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(formNotice(page)).toContainText("Category removed");
  await expect(line(page, "Pottery and glass")).toHaveCount(0);
});

test("the name of a merged category remains an alias and cannot be added again", async ({ page }) => {
  await add(page, "Weaving");
  await add(page, "Textiles");
  await edit(page, "Weaving");
  await page.getByLabel("Merge into").selectOption({ label: "Textiles" });
  await page.getByRole("button", { name: "Merge" }).click();
  await expect(formNotice(page)).toContainText("Merged");
  await expect(line(page, "Weaving")).toHaveCount(0);

  await page.getByLabel("Name").fill("weaving");
  await page.getByRole("button", { name: "Add category" }).click();
  await expect(page.locator("#add").getByRole("alert")).not.toBeEmpty();
  await expect(page.getByLabel("Name")).toHaveValue("weaving");

  await edit(page, "Textiles");
  await page.locator("summary").filter({ hasText: "Remove this category" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(main(page).getByRole("rowheader", { name: "Textiles" })).toHaveCount(0);
});
