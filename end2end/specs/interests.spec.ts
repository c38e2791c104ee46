import { expect, formNotice, settled, test } from "../support/test";

test("interests are saved, and the unread articles can be scored again", async ({ page }) => {
  await settled(page);
  await page.goto("/interests");
  const more = page.getByLabel("What you want more of");
  const less = page.getByLabel("What you want less of");
  const before = [await more.inputValue(), await less.inputValue()];
  await more.fill("Kilns & glazes,\n<b>slow</b> craft");
  await less.fill("Quarterly earnings");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(formNotice(page)).toContainText("Saved");
  await expect(more).toHaveValue("Kilns & glazes,\n<b>slow</b> craft");
  await expect(less).toHaveValue("Quarterly earnings");

  const again = page.getByRole("button", { name: "Re-evaluate unread articles" });
  await again.click();
  await expect(page).toHaveURL(/\/interests/);
  await expect(formNotice(page)).toContainText(/queued to be scored again/);
  await settled(page);
  await page.goto("/interests");
  await expect(again).toBeDisabled();

  await more.fill(before[0]);
  await less.fill(before[1]);
  await page.getByRole("button", { name: "Save" }).click();
  await again.click();
  await settled(page);
});
