import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { freePorts, gleaner, simulator } from "./server";

/** The commands of the simulated Ollama (src/tests/support/simulator/control.rs). */
type Command =
  | { do: "down" | "up" }
  | { do: "install" | "offer"; name: string; size: number }
  | { do: "remove"; name: string }
  | { do: "pace"; tick_ms: number; step: number }
  | { do: "fail_pull"; after: number; words: string };

/** A Gleaner that can be stopped and started again on the same data folder, with a simulated Ollama of its own. */
export class Instance {
  private child?: ChildProcess;
  private readonly port = freePorts(1)[0];
  private readonly data = mkdtempSync(path.join(tmpdir(), "gleaner-e2e-"));
  readonly url = `http://127.0.0.1:${this.port}`;

  private constructor(
    private readonly simulated: ChildProcess,
    private readonly ollama: string,
    private readonly control: string,
    private readonly settings: Record<string, string>,
  ) {}

  /** Starts both, Gleaner with these environment variables; the simulated Ollama ends when its standard input is closed, thus also with this process. */
  static async open(settings: Record<string, string> = {}): Promise<Instance> {
    const simulated = spawn(simulator(), { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await once(createInterface(simulated.stdout), "line");
    const { ollama, control } = JSON.parse(line);
    const instance = new Instance(simulated, ollama, control, settings);
    await instance.start();
    await instance.untilReady();
    return instance;
  }

  /** Waits until the model is in memory and has answered, as on a server that has run for a while. */
  private async untilReady(): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const { models }: { models: { state: string }[] } = await (await fetch(`${this.url}/api/models`)).json();
      if (models.some((model) => model.state === "ready")) return;
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error(`no model becomes ready at ${this.url}`);
  }

  async start(): Promise<void> {
    const args = ["serve", "--addr", `127.0.0.1:${this.port}`, "--data-dir", this.data, "--ollama-host", this.ollama];
    // No requests beyond the loopback.
    const env = { ...process.env, GLEANER_FETCH__FULL_TEXT: "false", GLEANER_OLLAMA__MANIFEST_LOOKUP: "false", ...this.settings };
    this.child = spawn(gleaner(), args, { env, stdio: "ignore" });
    for (let tries = 0; tries < 200; tries += 1) {
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error(`no Gleaner answers at ${this.url}`);
  }

  /** Ends the process: SIGTERM as a service manager does, SIGKILL as in a crash. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }

  async close(): Promise<void> {
    await this.stop();
    this.simulated.stdin?.end();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Sends a command to the simulated Ollama. */
  async tell(command: Command): Promise<void> {
    const answer = await fetch(this.control, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(command),
    });
    if (!answer.ok) throw new Error(`${JSON.stringify(command)}: ${answer.status} ${await answer.text()}`);
  }

  /** Calls Gleaner's API below `/api/ollama/`. */
  async ask(method: string, call: string, body?: unknown): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return fetch(`${this.url}/api/ollama/${call}`, { method, headers, body: body && JSON.stringify(body) });
  }

  /** Restores the initial state: two chat models, quick downloads, no running download, the default choice. */
  async tidy(): Promise<void> {
    await this.tell({ do: "up" }).catch(() => undefined);
    await this.tell({ do: "pace", tick_ms: 60, step: 400_000_000 });
    while ((await this.ask("POST", "models/pull/cancel", {})).ok);
    const models = await this.models();
    const kept = ["qwen3:8b", "llama3.2:3b", "nomic-embed-text:latest"];
    for (const { name } of models) if (!kept.includes(name)) await this.tell({ do: "remove", name });
    await this.tell({ do: "install", name: "qwen3:8b", size: 5_225_388_164 });
    await this.tell({ do: "install", name: "llama3.2:3b", size: 2_019_393_189 });
    for (const [name, size] of Object.entries(sizes)) await this.tell({ do: "offer", name, size });
    await this.choose("qwen3:8b");
  }

  /** The installed models; waits until Gleaner is connected to Ollama. */
  private async models(): Promise<{ name: string }[]> {
    for (;;) {
      const answer = await this.ask("GET", "models");
      if (answer.ok) return answer.json();
      await new Promise((later) => setTimeout(later, 200));
    }
  }

  /** Chooses one model for both tasks through the API. */
  async choose(model: string): Promise<void> {
    const choice = { categorization_model: model, scoring_model: model, use_separate_models: false };
    const answer = await this.ask("PUT", "config", choice);
    if (!answer.ok) throw new Error(await answer.text());
  }
}

/** The models that can be pulled, with their size in bytes. */
const sizes = { "qwen3:1.7b": 1_359_291_908, "qwen3:4b": 2_497_291_520, "gemma3:4b": 3_338_801_718, "tiny:1b": 9_000_000 };
