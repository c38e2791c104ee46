// Compares what a browser loads with the budget: script and WebAssembly in brotli, the style sheet, and the inbox with it as sent.
// Usage: size.mjs BINARY
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BUDGET = { browserHalf: 66_500, style: 6_000, inbox: 20_000 };
const binary = process.argv[2];

/** All files below a folder. */
const files = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
  );

/** Bytes on the wire of an answer, as a browser that takes brotli gets it. */
const wireSize = (url) =>
  new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "br", accept: "text/html,*/*" } }, (answer) => {
      let bytes = 0;
      let text = "";
      if (answer.statusCode !== 200) reject(new Error(`${url} answers ${answer.statusCode}`));
      answer.on("data", (chunk) => { bytes += chunk.length; text += chunk; });
      answer.on("end", () => resolve(bytes));
    }).on("error", reject);
  });

const text = async (url) => (await fetch(url)).text();

/** Starts the demo, which has more than a page of articles; answers its address and a way to end it. */
const demo = () =>
  new Promise((resolve, reject) => {
    const home = mkdtempSync(join(tmpdir(), "gleaner-size-"));
    const child = spawn(binary, ["demo", "--addr", "127.0.0.1:0"], { env: { HOME: home }, stdio: ["ignore", "pipe", "pipe"] });
    const end = () => new Promise((ended) => {
      child.once("exit", () => { rmSync(home, { recursive: true, force: true }); ended(); });
      child.kill("SIGTERM");
    });
    let log = "";
    const read = (chunk) => {
      log += chunk;
      const url = /url=(http\S+)/.exec(log)?.[1];
      if (url) resolve({ url, end });
    };
    child.stderr.on("data", read);
    child.stdout.on("data", read);
    child.once("exit", () => reject(new Error(`the demo did not start:\n${log}`)));
  });

/** Asks until the inbox holds a whole page of rows, or for at most a minute. */
const fullInbox = async (url) => {
  for (let tries = 0; tries < 240; tries += 1) {
    const rows = (await text(`${url}/?limit=50`)).match(/href="\/articles\/\d+/g)?.length ?? 0;
    if (rows >= 50) return rows;
    await new Promise((later) => setTimeout(later, 250));
  }
  throw new Error("the demo's inbox never held 50 articles");
};

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
let over = 0;
const report = (what, bytes, budget) => {
  const fits = bytes <= budget;
  if (!fits) over += 1;
  console.log(`${fits ? "fits " : "OVER "} ${what}: ${kB(bytes)} of ${kB(budget)}`);
};

const browserHalf = files("target/site/pkg").filter((file) => /\.(js|wasm)\.br$/.test(file));
if (browserHalf.length < 2) throw new Error("target/site/pkg holds no compressed script and WebAssembly: run `make build`");
report("script + WebAssembly, brotli", browserHalf.reduce((sum, file) => sum + statSync(file).size, 0), BUDGET.browserHalf);

const { url, end } = await demo();
try {
  const rows = await fullInbox(url);
  const page = await text(`${url}/`);
  const css = /href="(\/pkg\/[^"]+\.css)"/.exec(page)?.[1];
  if (!css) throw new Error("the inbox names no style sheet");
  const [html, style] = [await wireSize(`${url}/`), await wireSize(url + css)];
  report("style, brotli", style, BUDGET.style);
  report(`inbox with ${rows} links to articles: HTML ${kB(html)} + style ${kB(style)}, brotli`, html + style, BUDGET.inbox);
} finally {
  await end();
}
console.log(`binary: ${(statSync(binary).size / 1e6).toFixed(1)} MB`);
process.exit(over === 0 ? 0 : 1);
