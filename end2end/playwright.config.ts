// Every spec runs twice: in a browser with JavaScript and in one without. Each of the two has its own server, because specs
// change data; a third server has neither feeds nor an Ollama.
//
//   cargo build --features ssr --example simulator
//   GLEANER_BIN=path/to/gleaner npx playwright test --config end2end
import { defineConfig, devices } from "@playwright/test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePorts, gleaner } from "./support/server";

// Workers read this file again and must find the same ports, so they are passed in the environment.
process.env.E2E_PORTS ??= freePorts(3).join(",");
const [withScript, withoutScript, fresh] = process.env.E2E_PORTS.split(",").map(Number);
process.env.E2E_FRESH = `http://127.0.0.1:${fresh}`;

const bin = gleaner();
const address = (port: number) => `http://127.0.0.1:${port}`;
const data = () => mkdtempSync(path.join(tmpdir(), "gleaner-e2e-"));

export default defineConfig({
  testDir: "specs",
  outputDir: "../target/end2end/results",
  forbidOnly: Boolean(process.env.CI),
  // The specs of one project share its server, so they take turns.
  workers: 1,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: "../target/end2end/report.json" }]],
  use: {
    ...devices["Desktop Chrome"],
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
    trace: "retain-on-failure",
  },
  projects: [
    { name: "js", use: { baseURL: address(withScript) } },
    {
      name: "nojs",
      use: { baseURL: address(withoutScript), javaScriptEnabled: false },
      // Specs that need scripts, or whose result does not depend on them.
      testIgnore: /(keyboard|pictures|axe|live)\.spec\.ts/,
      grepInvert: /@script/,
    },
  ],
  webServer: [
    { command: `${bin} demo --addr 127.0.0.1:${withScript}`, url: address(withScript) + "/readyz" },
    { command: `${bin} demo --addr 127.0.0.1:${withoutScript}`, url: address(withoutScript) + "/readyz" },
    {
      command: `${bin} serve --addr 127.0.0.1:${fresh} --data-dir ${data()} --ollama-host 127.0.0.1:9`,
      url: address(fresh) + "/readyz",
    },
  ].map((server) => ({ ...server, timeout: 60_000, gracefulShutdown: { signal: "SIGTERM" as const, timeout: 10_000 } })),
});
