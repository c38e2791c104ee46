import { expect, main, formNotice, test } from "../support/test";

test("disconnected from the start: the page shows the cause, a remedy, and why models cannot be chosen", async ({ page, fresh }) => {
  await page.goto(`${fresh}/settings/ollama`);
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.locator("#connection")).toContainText("disconnected");
  await expect(page.locator("#connection .notice")).toContainText(/ollama/i);
  await expect(page.locator("#models")).toContainText("Connect to Ollama to manage models");
  await expect(page.locator("#models").getByRole("combobox")).toBeDisabled();
  await page.goto(fresh);
  await expect(main(page)).toBeVisible();
});

test("options are saved separately; a value out of bounds is refused beside its field", async ({ page }) => {
  await page.goto("/settings/ollama");
  const options = page.locator("#options");
  const chosen = await page.locator("[name=categorization_model]").inputValue();
  await options.locator("summary").click();
  const context = options.getByLabel("Context length (tokens)");
  for (const bad of ["much", "12"]) {
    await context.fill(bad);
    await options.getByRole("button", { name: "Save options" }).click();
    await expect(options.getByRole("alert")).toContainText("Context length (tokens)");
    await expect(context).toHaveValue(bad);
  }
  await context.fill("4096");
  await options.getByRole("button", { name: "Save options" }).click();
  await expect(formNotice(page)).toContainText("Options saved");
  await options.locator("summary").click();
  await expect(context).toHaveValue("4096");
  await expect(page.locator("[name=categorization_model]"), "the choice stays").toHaveValue(chosen);
  await context.fill("8192");
  await options.getByRole("button", { name: "Save options" }).click();
  await expect(formNotice(page)).toContainText("Options saved");
});
