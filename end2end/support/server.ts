import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/** The binary under test: `GLEANER_BIN`, else the release build, else the debug build. */
export function gleaner(): string {
  const target = process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
  const places = [process.env.GLEANER_BIN, path.join(target, "release/gleaner"), path.join(target, "debug/gleaner")];
  const found = places.find((place) => place && existsSync(place));
  if (!found) throw new Error("No gleaner to test: build it first (make run), or name it in GLEANER_BIN.");
  return path.resolve(found);
}

/** The simulated Ollama that takes commands: `SIMULATOR_BIN`, else the debug build. */
export function simulator(): string {
  const target = process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
  const places = [process.env.SIMULATOR_BIN, path.join(target, "debug/examples/simulator")];
  const found = places.find((place) => place && existsSync(place));
  if (!found) throw new Error("No simulator: build it with `cargo build --features ssr --example simulator`, or name it in SIMULATOR_BIN.");
  return path.resolve(found);
}

/** Free TCP ports, all different. */
export function freePorts(count: number): number[] {
  const script = `
    const servers = Array.from({ length: ${count} }, () => require("net").createServer().listen(0, "127.0.0.1"));
    Promise.all(servers.map((s) => new Promise((done) => s.on("listening", done)))).then(() => {
      console.log(servers.map((s) => s.address().port).join(","));
      servers.forEach((s) => s.close());
    });`;
  return execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }).trim().split(",").map(Number);
}
