import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import path from "node:path";
import { expect } from "./test";

const pictures = path.resolve(import.meta.dirname, "../../target/end2end/access");
const screens = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };

/** Takes screenshots of a page, light and dark, on a phone and on a desktop, and checks it with axe, which needs JavaScript. */
export async function look(page: Page, name: string): Promise<void> {
  for (const [screen, viewport] of Object.entries(screens)) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: path.join(pictures, `${name}-${colorScheme}-${screen}.png`), fullPage: true });
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
      const found = violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ")).join(", ")}`);
      expect.soft(found, `${name} (${screen}, ${colorScheme})`).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(overflow, `${name} (${screen}) is wider than the screen`).toBeLessThanOrEqual(0);
    }
  }
}
