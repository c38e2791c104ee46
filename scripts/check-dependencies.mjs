// Checks the rules of deny.toml for licenses, sources and duplicate crates without cargo-deny.
// Usage: cargo metadata --format-version 1 | check-dependencies.mjs deny.toml
import { readFileSync } from "node:fs";

const rules = readFileSync(process.argv[2], "utf8");
const { packages, workspace_members: members } = JSON.parse(readFileSync(0, "utf8"));

/** The strings of a list in deny.toml. */
const list = (name) => {
  const body = new RegExp(`^${name} = \\[([^\\]]*)\\]`, "m").exec(rules)?.[1] ?? "";
  return [...body.replace(/#.*$/gm, "").matchAll(/"([^"]+)"/g)].map(([, text]) => text);
};
const allowed = new Set(list("allow"));
const registries = new Set(list("allow-registry"));
const single = [...rules.matchAll(/crate = "([^"]+)", deny-multiple-versions = true/g)].map(([, name]) => name);

/** Whether an SPDX expression can be met with allowed licenses alone. "/" is an old way to write OR. */
const met = (expression) => {
  const tokens = expression.replaceAll("/", " OR ").match(/\(|\)|[^\s()]+/g) ?? [];
  const any = () => { let ok = all(); while (tokens[0] === "OR") { tokens.shift(); ok = all() || ok; } return ok; };
  const all = () => { let ok = one(); while (tokens[0] === "AND") { tokens.shift(); ok = one() && ok; } return ok; };
  const one = () => {
    const token = tokens.shift();
    if (token === "(") { const ok = any(); tokens.shift(); return ok; }
    if (tokens[0] === "WITH") { tokens.shift(); return allowed.has(`${token} WITH ${tokens.shift()}`) || allowed.has(token); }
    return allowed.has(token);
  };
  return any();
};

const problems = [];
const versions = new Map();
for (const { id, name, version, license, license_file: file, source } of packages) {
  if (members.includes(id)) continue;
  if (!(license ? met(license) : file)) problems.push(`${name} ${version}: license ${license ?? "unknown"} is not among those allowed`);
  if (!registries.has((source ?? "").replace("registry+", ""))) problems.push(`${name} ${version}: comes from ${source ?? "a path"}`);
  versions.set(name, [...(versions.get(name) ?? []), version]);
}
for (const name of single) {
  const found = versions.get(name) ?? [];
  if (found.length > 1) problems.push(`${name} is there ${found.length} times: ${found.join(", ")}`);
}
const doubled = [...versions].filter(([, found]) => found.length > 1).length;
console.log(`${packages.length - members.length} crates, ${doubled} in more than one version`);
problems.forEach((problem) => console.error(problem));
process.exit(problems.length === 0 ? 0 : 1);
