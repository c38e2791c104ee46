// Takes the pictures of the README and the documents.
import path from "node:path";
import { expect, rows, settled, test } from "../support/test";

const folder = path.resolve(import.meta.dirname, "../../docs/pictures");
const screens = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

for (const [screen, viewport] of Object.entries(screens)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`pictures: ${screen}, ${colorScheme}`, async ({ page }) => {
      await settled(page);
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const take = async (name: string) => {
        await expect(page.getByRole("main")).toBeVisible();
        await page.evaluate(() => document.fonts.ready);
        await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}-${screen}.png`) });
      };
      await page.goto("/");
      await take("inbox");
      await rows(page).first().locator("h2 a").click();
      await take("reader");
      await page.getByRole("button", { name: "Mark as unread" }).click();
      await page.goto("/settings/ollama");
      await take("settings");
    });
  }
}
