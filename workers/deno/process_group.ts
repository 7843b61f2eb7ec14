// One line of a Procfile as a process: started by the shell in a process group of its own, so that a terminal's Ctrl-C
// reaches the runner alone, and that whatever the line started ends with it.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import process from "node:process";

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A process that does not end when asked is ended. (goreman waits as long) */
const PATIENCE_MS = 10_000;

export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  #isOver = false;

  /** @param onText hears both outputs as they come. */
  constructor(
    command: string,
    env: Readonly<Record<string, string>>,
    cwd: string,
    onText: (text: string) => void,
  ) {
    this.#child = spawn("sh", ["-c", command], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", onText);
    }
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null) => {
        this.#isOver = true;
        resolve({ code, signal });
      };
      this.#child.on("error", () => end(127, null));
      this.#child.on("close", end);
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Asks it to end, insists after a while, and resolves when it has. */
  async stop(): Promise<ProcessEnd> {
    this.#signal("SIGTERM");
    const insist = setTimeout(() => this.#signal("SIGKILL"), PATIENCE_MS);
    const end = await this.ended;
    clearTimeout(insist);
    return end;
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (this.#isOver || pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It ended between the question and the signal.
    }
  }
}
