import { expect, test as base, type Locator, type Page } from "@playwright/test";
import { Instance } from "./instance";
import { Site } from "./site";

type Fixtures = {
  /** Address of a Gleaner without feeds, whose Ollama does not answer. */
  fresh: string;
  /** Fails the test when the page logs an error, such as a refusal by the content security policy. */
  quietConsole: void;
};

/**
 * A site with feeds on loopback, shared by the tests of a worker, because added feeds are still fetched after a test; and a Gleaner
 * that can be stopped and started, with a controlled Ollama.
 */
type WorkerFixtures = { site: Site; instance: Instance };

export const test = base.extend<Fixtures, WorkerFixtures>({
  fresh: async ({}, use) => use(process.env.E2E_FRESH ?? ""),
  site: [
    async ({}, use) => {
      const site = await Site.open();
      await use(site);
      site.close();
    },
    { scope: "worker" },
  ],
  instance: [
    async ({}, use) => {
      const instance = await Instance.open();
      await use(instance);
      await instance.tidy();
      await instance.close();
    },
    { scope: "worker" },
  ],
  quietConsole: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on("console", (message) => {
        // Expected: the status of a page that does not exist, and requests to a Gleaner that was stopped.
        if (message.type() === "error" && !/status of 4|net::ERR_/.test(message.text())) errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(String(error)));
      await use();
      expect(errors, "errors in the console").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** The main column: everything but the sidebar. */
export const main = (page: Page): Locator => page.getByRole("main");

/** The notice of the last form. */
export const formNotice = (page: Page): Locator => page.locator("#notice");

/** The rows of a list. */
export const rows = (page: Page): Locator => page.locator(".rows > li");

/** Waits until the scoring queue is empty, so that lists and screenshots no longer change. */
export async function settled(page: Page): Promise<void> {
  await expect
    .poll(
      async () => {
        const { counts } = await (await page.request.get("/api/scoring/status")).json();
        return counts.queued + counts.categorizing + counts.scoring;
      },
      { timeout: 60_000 },
    )
    .toBe(0);
}
