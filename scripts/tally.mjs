// Counts the tests in the output of `cargo test` and of Playwright's list or line reporter: prints "PASSED FAILED".
import { readFileSync } from "node:fs";

// Without colours, which reporters may put in.
const text = readFileSync(process.argv[2], "utf8").replace(/\x1b\[[0-9;]*[A-Za-z]/g, "");
let passed = 0;
let failed = 0;
for (const [, good, bad] of text.matchAll(/^test result: .*? (\d+) passed; (\d+) failed;/gm)) {
  passed += Number(good);
  failed += Number(bad);
}
for (const [, count, word] of text.matchAll(/^ {2}(\d+) (passed|failed|flaky|interrupted|did not run)\b/gm)) {
  if (word === "passed") passed += Number(count);
  else failed += Number(count);
}
console.log(`${passed} ${failed}`);
