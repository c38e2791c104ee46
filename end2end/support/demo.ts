import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePorts, gleaner } from "./server";

/** A separate demo, for specs that change access or the base path. */
export class Demo {
  private constructor(
    private readonly child: ChildProcess,
    /** The address with the base path, without a slash at its end. */
    readonly url: string,
  ) {}

  static async open(basePath = ""): Promise<Demo> {
    const port = freePorts(1)[0];
    const env = { ...process.env, GLEANER_ACCESS__BASE_PATH: basePath };
    const child = spawn(gleaner(), ["demo", "--addr", `127.0.0.1:${port}`], { env, stdio: "ignore" });
    const demo = new Demo(child, `http://127.0.0.1:${port}${basePath}`);
    for (let tries = 0; tries < 300; tries += 1) {
      const counts = await fetch(`${demo.url}/api/articles/counts`).catch(() => undefined);
      if (counts?.ok && (await counts.json()).all > 0) return demo;
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error(`no demo with articles at ${demo.url}`);
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    await once(this.child, "exit");
  }
}
