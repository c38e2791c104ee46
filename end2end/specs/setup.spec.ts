// The first password of a server, set with the code that it printed when it was started.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { look } from "../support/look";
import { freePorts, gleaner } from "../support/server";
import { expect, test } from "../support/test";

const password = "correct horse battery";

/** A server without a password, and its first-run code. */
async function start(data: string): Promise<{ server: ChildProcess; url: string; code: string }> {
  const url = `http://127.0.0.1:${freePorts(1)[0]}`;
  const args = ["serve", "--setup", "--addr", url.slice("http://".length), "--data-dir", data, "--ollama-host", "127.0.0.1:9"];
  const server = spawn(gleaner(), args, { stdio: ["ignore", "ignore", "pipe"] });
  let code = "";
  for await (const line of createInterface(server.stderr!)) {
    code ||= /^First-run code: (\S+)\./.exec(line)?.[1] ?? "";
    if (line.includes("Gleaner is ready")) break;
  }
  server.stderr!.resume();
  return { server, url, code };
}

test.beforeEach(({ page }) => page.setDefaultTimeout(15_000));

test("the first-run code sets the first password, once", async ({ page, browser, javaScriptEnabled }) => {
  test.setTimeout(90_000);
  const data = mkdtempSync(path.join(tmpdir(), "gleaner-e2e-"));
  const { server, url, code } = await start(data);
  const setUp = async (typed: { code: string; password: string; repeated: string }) => {
    for (const [field, value] of Object.entries(typed)) await page.locator(`[name=${field}]`).fill(value);
    await page.getByRole("button", { name: "Set the password" }).click();
  };
  try {
    expect(code).toMatch(/^[A-Za-z0-9]+-[A-Za-z0-9]+$/);
    await page.goto(`${url}/feeds`);
    await expect(page).toHaveURL(`${url}/setup`);
    if (javaScriptEnabled) await look(page, "setup");

    await setUp({ code: "aaaaa-aaaaa", password, repeated: password });
    await expect(page.getByRole("alert")).toContainText("code");
    await expect(page.locator("[name=code]")).toHaveAttribute("aria-invalid", "true");
    await setUp({ code, password, repeated: "another horse battery" });
    await expect(page.locator("[name=repeated]")).toHaveAttribute("aria-invalid", "true");
    if (javaScriptEnabled) await look(page, "setup-refused");
    await setUp({ code, password, repeated: password });
    await expect(page).not.toHaveURL(/setup/);
    await page.goto(`${url}/feeds`);
    await expect(page.getByRole("heading", { name: "Feeds", level: 1 })).toBeVisible();

    // Another browser: the code is used up, the password counts.
    const context = await browser.newContext({ javaScriptEnabled });
    const other = await context.newPage();
    await other.goto(`${url}/setup`);
    await expect(other.getByText("There is no valid first-run code.")).toBeVisible();
    await other.getByRole("link", { name: "Log in" }).click();
    await other.getByLabel("Name").fill("owner");
    await other.getByLabel("Password").fill(password);
    await other.getByRole("button", { name: "Log in" }).click();
    await expect(other).not.toHaveURL(/login/);
    await context.close();
  } finally {
    // A page whose server ends logs an error about its event stream.
    await page.goto("about:blank").catch(() => undefined);
    server.kill("SIGTERM");
    if (server.exitCode === null) await once(server, "exit");
    rmSync(data, { recursive: true, force: true });
  }
});
