// Access: a password, a second factor, a device, and a login with all of them; screenshots and accessibility of these pages.
import type { Page } from "@playwright/test";
import { Demo } from "../support/demo";
import { look as lookAt } from "../support/look";
import { expect, test } from "../support/test";
import { totp } from "../support/totp";

const password = "correct horse battery";

test("a password, a second factor and a device, then a login on another browser", async ({ page, browser, javaScriptEnabled }) => {
  test.setTimeout(180_000);
  page.setDefaultTimeout(15_000);
  const demo = await Demo.open();
  const look = async (page: Page, name: string) => (javaScriptEnabled ? lookAt(page, name) : undefined);
  try {
    await page.goto(`${demo.url}/setup`);
    await expect(page.getByRole("heading", { name: "Set a password" })).toBeVisible();
    await look(page, "setup-without-code");
    await page.goto(`${demo.url}/settings/access`);
    await look(page, "access-open");
    await page.locator("[name=password]").fill(password);
    await page.locator("[name=repeated]").fill(password);
    await page.getByRole("button", { name: "Set a password" }).click();
    await expect(page.getByText("A password is set.")).toBeVisible();

    const factor = page.locator("#second-factor");
    await factor.getByRole("button", { name: "Set up" }).click();
    await expect(factor.getByRole("img", { name: "The secret as a QR code" })).toBeVisible();
    await look(page, "access-second-factor");
    const secret = await factor.locator("code").first().innerText();
    await factor.getByLabel("Code of the app").fill(totp(secret));
    await factor.getByRole("button", { name: "Switch on" }).click();
    await expect(factor).toContainText("they are shown once");
    await look(page, "access-recovery-codes");

    await page.goto(`${demo.url}/settings/clients`);
    await page.locator("[name=name]").fill("Phone");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await expect(page.getByText("Copy these now: they are shown once")).toBeVisible();
    await look(page, "clients-secrets");
    await page.goto(`${demo.url}/settings/clients`);
    await look(page, "clients");
    await page.getByText("What to choose in which reader").click();
    await expect(page.getByRole("cell", { name: "NetNewsWire" })).toBeVisible();
    await look(page, "clients-readers");

    const context = await browser.newContext({ javaScriptEnabled });
    const other = await context.newPage();
    await other.goto(`${demo.url}/feeds`);
    await expect(other).toHaveURL(/\/login\?next=/);
    await look(other, "login");
    await other.getByLabel("Name").fill("owner");
    await other.getByLabel("Password").fill("wrong");
    await other.getByRole("button", { name: "Log in" }).click();
    await expect(other.getByRole("alert")).toContainText("Name or password is wrong");
    await look(other, "login-refused");
    await other.getByLabel("Password").fill(password);
    await other.getByRole("button", { name: "Log in" }).click();
    await expect(other).toHaveURL(/\/login\/code/);
    await look(other, "login-code");
    // The code that enabled the second factor cannot be used again.
    await other.getByLabel("Code").fill(totp(secret, 1));
    await other.getByRole("button", { name: "Log in" }).click();
    await expect(other).toHaveURL(`${demo.url}/feeds`);
    await context.close();
  } finally {
    // A page whose server ends logs an error about its event stream.
    await page.goto("about:blank");
    await demo.close();
  }
});
