// Programs from outside that some tests need. Where one is missing, its tests are skipped with a line that says so. The
// tools of `required` are installed in CI, so there their lack is a failure; the others may be missing anywhere.

import denoJson from "../../deno.json" with { type: "json" };
import { MemberProcess } from "./member_process.ts";

const isCi = Deno.env.get("CI") === "true";

/** Tools that .ci/run installs. */
const REQUIRED = ["etcd", "etcdctl"];

export function has(tool: string): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":").concat("/usr/sbin");
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${tool}`).isFile;
    } catch {
      return false;
    }
  });
}

/** A test that needs these programs. */
export function toolTest(tools: readonly string[], name: string, run: () => Promise<void>): void {
  const missing = tools.filter((tool) => !has(tool) && !(isCi && REQUIRED.includes(tool)));
  if (missing.length > 0) console.log(`skipped, for lack of ${missing.join(", ")}: ${name}`);
  Deno.test({ name, ignore: missing.length > 0, fn: run });
}

/** Starts things, and ends them all whatever happens; with a directory that is gone afterwards. */
export async function withBench(body: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = new Bench();
  try {
    await body(bench);
  } finally {
    await bench.dispose();
  }
}

export class Bench {
  readonly root = Deno.makeTempDirSync({ prefix: "flotilla-tcp-" });
  readonly #started: { kill(): Promise<unknown> }[] = [];

  /** One of our members, by the task's own command. */
  member(flags: readonly string[], env?: Record<string, string>): MemberProcess {
    return this.keep(MemberProcess.withFlags(flags, env));
  }

  /** Any program. */
  run(command: string, args: readonly string[], env?: Record<string, string>): MemberProcess {
    return this.keep(new MemberProcess(command, args, env));
  }

  keep<T extends { kill(): Promise<unknown> }>(started: T): T {
    this.#started.push(started);
    return started;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#started.map((started) => started.kill()));
    Deno.removeSync(this.root, { recursive: true });
  }
}

/** Flags of a member, without those that say who the others are. */
export function seatFlags(
  bench: Bench,
  name: string,
  [clientPort, peerPort]: readonly [number, number],
  ...more: readonly string[]
): string[] {
  const client = `http://127.0.0.1:${clientPort}`, peer = `http://127.0.0.1:${peerPort}`;
  // deno-fmt-ignore
  return [
    "--name", name,
    "--data-dir", `${bench.root}/${name}`,
    "--listen-client-urls", client,
    "--advertise-client-urls", client,
    "--listen-peer-urls", peer,
    "--initial-advertise-peer-urls", peer,
    ...more,
  ];
}

/** A member alone, serving clients at the port. */
export function aloneFlags(bench: Bench, name: string, ports: readonly [number, number]): string[] {
  return seatFlags(bench, name, ports, "--initial-cluster", `${name}=http://127.0.0.1:${ports[1]}`);
}

/** `deno task cluster`, by the task's own command; processes work in the bench's directory. Ended by SIGTERM, so that nothing is left. */
export function runCluster(bench: Bench, ...args: readonly string[]): MemberProcess {
  const command = denoJson.tasks.cluster.split(" ").slice(1);
  const runner = new MemberProcess(Deno.execPath(), [...command, ...args], { INIT_CWD: bench.root });
  bench.keep({ kill: () => runner.kill("SIGTERM") });
  return runner;
}
