import { expect, main, formNotice, test } from "../support/test";

test("folders are added, renamed, filled and removed; their feeds stay", async ({ page }) => {
  await page.goto("/feeds");
  await page.getByLabel("New folder").fill("Slow mornings");
  await page.getByRole("button", { name: "Add folder" }).click();
  await expect(formNotice(page)).toContainText("Folder added");
  const line = page.locator("#folders li").filter({ hasText: "Slow mornings" });

  await line.locator("summary").click();
  await line.getByLabel("Name").fill("Late evenings");
  await line.getByRole("button", { name: "Rename" }).click();
  await expect(formNotice(page)).toContainText("Folder renamed");

  const feed = main(page).locator("table tbody tr").first();
  const title = await feed.locator("th a").innerText();
  await feed.getByRole("link", { name: /^Settings of/ }).click();
  await page.getByLabel("Folder").selectOption({ label: "Late evenings" });
  await page.getByRole("button", { name: "Save" }).click();
  await page.goto("/feeds");
  await expect(page.getByRole("table", { name: "Late evenings" })).toContainText(title);

  const renamed = page.locator("#folders li").filter({ hasText: "Late evenings" });
  await renamed.locator("summary").click();
  await renamed.getByRole("button", { name: "Remove folder" }).click();
  await expect(formNotice(page)).toContainText("Its feeds were kept");
  await expect(main(page).getByRole("link", { name: title, exact: true })).toBeVisible();
});

test("a name that is taken is refused, and stays in the field", async ({ page }) => {
  await page.goto("/feeds");
  const add = async () => {
    await page.getByLabel("New folder").fill("Twice");
    await page.getByRole("button", { name: "Add folder" }).click();
  };
  await add();
  await add();
  await expect(page.locator("#folders").getByRole("alert")).toContainText(/Twice|already/);
  await expect(page.getByLabel("New folder")).toHaveValue("Twice");
  await page.goto("/feeds");
  const line = page.locator("#folders li").filter({ hasText: "Twice" });
  await line.locator("summary").click();
  await line.getByRole("button", { name: "Remove folder" }).click();
});
