// Passkeys with Chromium's virtual authenticator: added, used below a base path in place of password and code, refused, removed.
import AxeBuilder from "@axe-core/playwright";
import { Demo } from "../support/demo";
import { expect, test } from "../support/test";

const password = "correct horse battery";

test("a passkey is added, logs in, and is removed @script", async ({ page }) => {
  test.setTimeout(120_000);
  page.setDefaultTimeout(15_000);
  const demo = await Demo.open("/reader");
  // Browsers allow no passkeys for an IP address.
  const url = demo.url.replace("127.0.0.1", "localhost");
  const isAccessible = async () => {
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
    expect.soft(violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ")).join(", ")}`)).toEqual([]);
  };
  try {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });

    await page.goto(`${url}/settings/access`);
    const passkeys = page.locator("#passkeys");
    await expect(passkeys).toContainText("They need a password first");
    await page.locator("[name=password]").fill(password);
    await page.locator("[name=repeated]").fill(password);
    await page.getByRole("button", { name: "Set a password" }).click();
    await expect(page.getByText("A password is set.")).toBeVisible();

    await passkeys.getByLabel("Name of the passkey").fill("This machine");
    await passkeys.getByLabel("Password").fill("wrong");
    await passkeys.getByRole("button", { name: "Add a passkey" }).click();
    await expect(passkeys.getByRole("alert")).toContainText("The current password is wrong.");
    await isAccessible();
    await passkeys.getByLabel("Password").fill(password);
    await passkeys.getByRole("button", { name: "Add a passkey" }).click();
    await expect(page.getByText("The passkey is added.")).toBeVisible();
    await expect(passkeys).toContainText("at localhost");
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
    expect(credentials).toHaveLength(1);
    expect(credentials[0]).toMatchObject({ isResidentCredential: true, rpId: "localhost" });

    await passkeys.getByLabel("Name of the passkey").fill("Once more");
    await passkeys.getByLabel("Password").fill(password);
    await passkeys.getByRole("button", { name: "Add a passkey" }).click();
    await expect(passkeys.getByRole("alert")).toContainText("the device holds one already");

    await page.locator("#main").getByRole("button", { name: "Log out", exact: true }).click();
    await page.goto(`${url}/feeds`);
    await expect(page).toHaveURL(/\/reader\/login\?next=/);
    await isAccessible();
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await page.getByRole("button", { name: "Log in with a passkey" }).click();
    await expect(page.getByRole("alert")).toContainText("The browser gave no passkey.");
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    await page.getByRole("button", { name: "Log in with a passkey" }).click();
    await expect(page).toHaveURL(`${url}/feeds`);

    await page.goto(`${url}/settings/access`);
    await expect(page.locator("#sessions")).toContainText("with a passkey");
    await passkeys.getByText("Remove").first().click();
    await passkeys.getByRole("button", { name: "Remove" }).click();
    await expect(page.getByText("The passkey is removed.")).toBeVisible();
    await page.locator("#main").getByRole("button", { name: "Log out", exact: true }).click();
    await expect(page.getByRole("button", { name: "Log in", exact: true })).toBeVisible();
    await expect(page.getByRole("button", { name: "Log in with a passkey" })).toBeHidden();
  } finally {
    // A page whose server ends logs an error about its event stream.
    await page.goto("about:blank");
    await demo.close();
  }
});
