// The login and the secrets of devices, on a server of its own with a password.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { freePorts, gleaner } from "../support/server";
import { expect, main, said, test } from "../support/test";

const password = "correct horse battery";
const data = mkdtempSync(path.join(tmpdir(), "gleaner-access-"));
let server: ChildProcess;
let url = "";

test.beforeAll(async () => {
  url = `http://127.0.0.1:${freePorts(1)[0]}`;
  execFileSync(gleaner(), ["--data-dir", data, "owner", "set-password"], { input: `${password}\n` });
  const args = ["serve", "--addr", new URL(url).host, "--data-dir", data, "--ollama-host", "127.0.0.1:9"];
  server = spawn(gleaner(), args, { stdio: "ignore" });
  await expect.poll(async () => (await fetch(`${url}/healthz`).catch(() => undefined))?.ok, { timeout: 20_000 }).toBe(true);
});

test.afterAll(() => {
  server.kill();
  rmSync(data, { recursive: true, force: true });
});

async function logIn(page: Page, typed: string): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill("owner");
  await page.getByLabel("Password").fill(typed);
  await page.getByRole("button", { name: "Log in" }).click();
}

test("a page leads to the login and back, and the log-out button ends the session", async ({ page }) => {
  await page.goto(`${url}/feeds?view=all`);
  await expect(page).toHaveURL(`${url}/login?next=%2Ffeeds%3Fview%3Dall`);
  await logIn(page, "a wrong password");
  await expect(page.getByRole("alert")).toContainText("Name or password is wrong");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("owner");
  await logIn(page, password);
  await expect(page).toHaveURL(`${url}/feeds?view=all`);
  await page.goto(`${url}/settings/access`);
  await expect(main(page).locator("#sessions")).toContainText("this browser");
  await main(page).getByRole("button", { name: "Log out" }).first().click();
  await expect(said(page)).toContainText("You are logged out.");
  await page.goto(`${url}/feeds`);
  await expect(page).toHaveURL(/\/login\?next=/);
});

test("the secrets of a device are shown once, work, and are revoked", async ({ page, request }) => {
  await page.goto(`${url}/settings/clients`);
  await logIn(page, password);
  await page.getByLabel("Name", { exact: true }).fill("Phone");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const token = await page.locator("code", { hasText: /^gl_[0-9a-f]{64}$/ }).innerText();
  const ask = async () => (await request.get(`${url}/api/feeds`, { headers: { authorization: `Bearer ${token}` } })).status();
  expect(await ask()).toBe(200);
  await page.reload();
  await expect(page.getByText(token)).toHaveCount(0);
  await page.getByText("Revoke Phone").click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(said(page)).toContainText("Revoked.");
  expect(await ask()).toBe(401);
});

test("the pages of access are accessible @script", async ({ page }) => {
  const check = async () => {
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
    expect(violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ")).join(", ")}`)).toEqual([]);
  };
  await page.goto(`${url}/settings/clients`);
  await check();
  await logIn(page, password);
  for (const name of ["Phone", "Tablet"]) {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await check();
  }
  await page.goto(`${url}/settings/access`);
  await check();
});
