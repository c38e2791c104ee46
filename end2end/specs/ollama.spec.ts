import { expect, main, said, test } from "../support/test";

test("connected: the badge, check now, and a model saved", async ({ page }) => {
  await page.goto("/settings/ollama");
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(said(page)).toContainText("Checked just now");
  await expect(page.locator("#connection")).toContainText("connected");
  await expect(page.locator("#connection")).toContainText("Version");

  const model = page.locator("#models").getByRole("combobox");
  const before = await model.inputValue();
  const options = await model.getByRole("option").evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value));
  const other = options.find((name) => name && name !== before) ?? before;
  await model.selectOption(other);
  await page.locator("#models").getByRole("button", { name: "Save" }).click();
  await expect(said(page)).toContainText("next batch");
  await expect(model).toHaveValue(other);
  await model.selectOption(before);
  await page.locator("#models").getByRole("button", { name: "Save" }).click();
  await expect(model).toHaveValue(before);
});

test("the prompts on display are complete", async ({ page }) => {
  await page.goto("/settings/ollama");
  for (const summary of await page.locator("#prompts summary").all()) await summary.click();
  await expect(page.locator("#prompts pre")).toHaveCount(2);
  for (const prompt of await page.locator("#prompts pre").all()) expect((await prompt.innerText()).length).toBeGreaterThan(200);
});

test("disconnected: the cause, a remedy, and the models say why they cannot be chosen", async ({ page, fresh }) => {
  await page.goto(`${fresh}/settings/ollama`);
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.locator("#connection")).toContainText("disconnected");
  await expect(page.locator("#connection .notice")).toContainText(/ollama/i);
  await expect(page.locator("#models")).toContainText("Connect to Ollama to manage models");
  await expect(page.locator("#models").getByRole("combobox")).toBeDisabled();
  await page.goto(fresh);
  await expect(main(page)).toBeVisible();
});
