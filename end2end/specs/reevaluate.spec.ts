// Re-evaluation, which needs the scored articles of the demo.
import { expect, formNotice, settled, test } from "../support/test";

test("re-evaluate is disabled until something changed, then queues all unread scored articles in the right mode", async ({ page }) => {
  test.setTimeout(120_000);
  await settled(page);
  await page.goto("/settings/ollama");
  const again = page.getByRole("button", { name: "Re-evaluate unread articles" });
  const model = page.locator("[name=categorization_model]");
  const save = page.locator("#models").getByRole("button", { name: "Save" });
  const before = await model.inputValue();
  const other = before === "qwen3:8b" ? "llama3.2:3b" : "qwen3:8b";
  await expect(again).toBeDisabled();
  await model.selectOption(other);
  await save.click();
  await expect(page.locator("#again")).toContainText(/\d+ unread articles? .*categorized and scored again/);
  await expect(again).toBeEnabled();
  const count = /(\d+) unread/.exec(await page.locator("#again").innerText())?.[1];
  await again.click();
  await expect(formNotice(page)).toContainText(`${count} articles are queued to be scored again`);
  await expect(page.locator("#again").getByRole("progressbar")).toBeVisible();
  await expect(again, "nothing has changed since").toBeDisabled();
  await settled(page);

  await page.goto("/settings/ollama");
  await model.selectOption(before);
  await save.click();
  await expect(again).toBeEnabled();
  await again.click();
  await settled(page);
});
