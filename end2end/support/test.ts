import { expect, test as base, type Locator, type Page } from "@playwright/test";
import { House } from "./house";
import { Site } from "./site";

type Fixtures = {
  /** Address of a Gleaner without feeds, whose Ollama does not answer. */
  fresh: string;
  /** Fails the test when the page logs an error, such as a refusal by the content security policy. */
  quietConsole: void;
};

/**
 * A site with feeds on loopback, which outlives a test, because feeds that were added keep being fetched; and a Gleaner that
 * can be stopped and started, with an Ollama that obeys.
 */
type WorkerFixtures = { site: Site; house: House };

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
  house: [
    async ({}, use) => {
      const house = await House.open();
      await use(house);
      await house.tidy();
      await house.close();
    },
    { scope: "worker" },
  ],
  quietConsole: [
    async ({ page }, use) => {
      const said: string[] = [];
      page.on("console", (message) => {
        // A page that is meant to be missing says so here, too, and so does a Gleaner that was stopped.
        if (message.type() === "error" && !/status of 4|net::ERR_/.test(message.text())) said.push(message.text());
      });
      page.on("pageerror", (error) => said.push(String(error)));
      await use();
      expect(said, "errors in the console").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** The main column: everything but the sidebar. */
export const main = (page: Page): Locator => page.getByRole("main");

/** What the last form came to. */
export const said = (page: Page): Locator => page.locator("#said");

/** The rows of a list. */
export const rows = (page: Page): Locator => page.locator(".rows > li");

/** Waits until the worker has nothing left to score, so that lists and pictures hold still. */
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
