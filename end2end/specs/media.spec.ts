// A player keeps its place over a reload and on another device.
import { expect, formNotice, main, test } from "../support/test";
import type { Page } from "@playwright/test";

async function subscribe(page: Page, address: string): Promise<string> {
  await page.goto("/feeds/new");
  await page.getByLabel("Feed or website URL").fill(address);
  await page.getByRole("button", { name: "Subscribe", exact: true }).click();
  await expect(formNotice(page)).toContainText("Subscribed");
  return new URL(page.url()).pathname;
}

async function remove(page: Page, feed: string): Promise<void> {
  await page.goto(`${feed}/remove`);
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(formNotice(page)).toContainText("Removed");
}

async function openEpisode(page: Page): Promise<void> {
  await page.goto("/search?q=title%3Aglazes%20has%3Aaudio");
  await main(page).getByRole("link", { name: "Episode about glazes" }).click();
  await expect(page.locator("audio")).toBeVisible();
}

/** Lets the browser load the file, then does something with the player. */
async function play(page: Page, action: (player: HTMLMediaElement) => unknown): Promise<void> {
  const player = page.locator("audio");
  await player.evaluate(async (audio: HTMLMediaElement) => {
    audio.muted = true;
    if (audio.readyState >= 3) return;
    audio.preload = "auto";
    audio.load();
    await new Promise((loaded) => audio.addEventListener("canplay", loaded, { once: true }));
  });
  await player.evaluate(action);
}

test("an episode goes on where it stopped, after a reload and in another browser @script", async ({ page, browser, site }) => {
  const feed = await subscribe(page, site.url("/podcast.xml"));
  await openEpisode(page);
  const id = /\/articles\/(\d+)/.exec(page.url())?.[1];
  const saved = expect.poll(async () => (await (await page.request.get(`/api/articles/${id}`)).json()).media[0].position_seconds);
  await play(page, async (audio) => {
    audio.currentTime = 42;
    await audio.play();
    audio.pause();
  });
  await saved.toBe(42);
  await page.reload();
  await expect(main(page)).toContainText("goes on after 0:42");

  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.locator("main")).toContainText("goes on after 0:42");
  await play(other, () => undefined);
  expect(await other.locator("audio").evaluate((audio: HTMLMediaElement) => audio.currentTime)).toBeCloseTo(42, 0);
  // Where it is moved to while it is paused is kept, too.
  await play(other, (audio) => (audio.currentTime = 75));
  await saved.toBe(75);
  await context.close();

  await page.reload();
  await expect(main(page)).toContainText("goes on after 1:15");
  await play(page, async (audio) => {
    audio.currentTime = audio.duration - 0.2;
    await audio.play();
  });
  await saved.toBeNull();
  await page.reload();
  await expect(main(page)).not.toContainText("goes on after");
  await remove(page, feed);
});

test("without JavaScript an episode has a player of the browser and a link", async ({ page, site }) => {
  const feed = await subscribe(page, site.url("/podcast.xml"));
  await openEpisode(page);
  await expect(page.locator("audio")).toHaveAttribute("src", site.url("/episode.wav"));
  await expect(page.locator("audio")).toHaveAttribute("controls");
  await expect(main(page).getByRole("link", { name: "episode.wav" })).toHaveAttribute("href", site.url("/episode.wav"));
  await remove(page, feed);
});
