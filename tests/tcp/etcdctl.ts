// The real etcdctl, as a user runs it. Where it is missing, its tests are skipped with a line that says so; under CI
// they fail.

import assert from "node:assert/strict";
import { MemberProcess } from "./member_process.ts";

const isCi = Deno.env.get("CI") === "true";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs etcdctl to its end, whatever that is. */
export async function tryEtcdctl(endpoints: string, ...args: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await new Deno.Command("etcdctl", {
    args: ["--endpoints", endpoints, ...args],
    env: { ETCDCTL_API: "3" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What etcdctl prints; it must succeed. */
export async function etcdctl(endpoints: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await tryEtcdctl(endpoints, ...args);
  assert.equal(code, 0, `etcdctl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** etcdctl with a script on its standard input, as for `txn`. */
export async function etcdctlWithInput(
  endpoints: string,
  input: string,
  ...args: readonly string[]
): Promise<string> {
  const child = new Deno.Command("etcdctl", {
    args: ["--endpoints", endpoints, ...args],
    env: { ETCDCTL_API: "3" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, `etcdctl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** A test that needs etcdctl. */
export function etcdctlTest(name: string, run: () => Promise<void>): void {
  const isHere = hasEtcdctl();
  if (!isHere && !isCi) console.log(`skipped, for lack of etcdctl: ${name}`);
  Deno.test({ name, ignore: !isHere && !isCi, fn: run });
}

function hasEtcdctl(): boolean {
  try {
    return new Deno.Command("etcdctl", { args: ["version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** An etcdctl that stays: a watch, a lock holder, an interactive session. End it with `end`. */
export class EtcdctlSession {
  readonly #process: MemberProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | null;

  constructor(
    endpoints: string,
    args: readonly string[],
    options: { readonly isInteractive?: boolean } = {},
  ) {
    this.#process = new MemberProcess("etcdctl", ["--endpoints", endpoints, ...args], { ETCDCTL_API: "3" }, {
      stdin: options.isInteractive ? "piped" : "null",
    });
    this.#stdin = this.#process.stdin?.getWriter() ?? null;
  }

  get output(): string {
    return this.#process.output;
  }

  /** Resolves when what was printed so far matches. */
  printed(pattern: RegExp): Promise<void> {
    return this.#process.printed(pattern);
  }

  async say(line: string): Promise<void> {
    await this.#stdin!.write(new TextEncoder().encode(line + "\n"));
  }

  /** Interrupts it, as Ctrl-C would, and waits for its end. */
  async end(signal: Deno.Signal = "SIGINT"): Promise<void> {
    await this.#process.kill(signal);
    await this.#stdin?.close().catch(() => {});
  }
}
