// Counts the tests in the output of `cargo test` and of Playwright's list reporter. Prints "PASSED FAILED SKIPPED", then one line
// "skipped: NAME: REASON" for each test that was skipped.
import { readFileSync } from "node:fs";

// Without the colors that reporters may put in.
const text = readFileSync(process.argv[2], "utf8").replace(/\x1b\[[0-9;]*[A-Za-z]/g, "");
const counts = { passed: 0, failed: 0, skipped: 0 };
const skipped = [];

for (const [, passed, failed, ignored] of text.matchAll(/^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored;/gm)) {
  counts.passed += Number(passed);
  counts.failed += Number(failed);
  counts.skipped += Number(ignored);
}
for (const [, name, reason] of text.matchAll(/^test (\S+)(?: - [^.]*)? \.\.\. ignored(?:, (.*))?$/gm)) {
  skipped.push(`${name}: ${reason ?? "no reason is given"}`);
}

for (const [, count, outcome] of text.matchAll(/^ {2}(\d+) (passed|failed|flaky|interrupted|did not run|skipped)\b/gm)) {
  counts[outcome in counts ? outcome : "failed"] += Number(count);
}
for (const [, name] of text.matchAll(/^ {2}- +\d+ (\[.*)$/gm)) skipped.push(`${name}: its spec leaves it out`);

console.log(counts.passed, counts.failed, counts.skipped);
for (const line of skipped) console.log(`skipped: ${line}`);
