// Members as real processes, for the tests: started with the very command of `deno task member`, awaited by what they
// print, and ended without leaving anything behind.

import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { GrpcClient } from "./grpc_client.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
/** Longest wait for anything a member does. Reached only when something is broken. */
const PATIENCE_MS = 30_000;

export interface MemberSpec {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly dataDir: string;
  /** "infra1=http://127.0.0.1:12380,…" */
  readonly initialCluster: string;
  readonly token: string;
  readonly state: "new" | "existing";
  /** Further flags, as on the command line. */
  readonly extra?: readonly string[];
}

export function memberFlags(spec: MemberSpec): string[] {
  const client = `http://127.0.0.1:${spec.clientPort}`, peer = `http://127.0.0.1:${spec.peerPort}`;
  // deno-fmt-ignore
  return [
    "--name", spec.name,
    "--data-dir", spec.dataDir,
    "--listen-client-urls", client,
    "--advertise-client-urls", client,
    "--listen-peer-urls", peer,
    "--initial-advertise-peer-urls", peer,
    "--initial-cluster-token", spec.token,
    "--initial-cluster", spec.initialCluster,
    "--initial-cluster-state", spec.state,
    ...(spec.extra ?? []),
  ];
}

/** The arguments of `deno` that the task gives, up to and with the entry file. */
export function taskArguments(): string[] {
  const [deno, ...rest] = denoJson.tasks.member.split(" ");
  assert.equal(deno, "deno");
  return rest;
}

export interface Ended {
  readonly code: number;
  readonly signal: string | null;
  readonly output: string;
}

/** A started process: its output, line by line, and its end. */
export class MemberProcess {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly stdin: WritableStream<Uint8Array<ArrayBuffer>> | null;
  readonly #child: Deno.ChildProcess;
  #output = "";
  #isOver = false;
  readonly #onOutput = new Set<() => void>();

  constructor(
    command: string,
    args: readonly string[],
    env: Record<string, string> = {},
    options: { readonly stdin: "null" | "piped" } = { stdin: "null" },
  ) {
    this.#child = new Deno.Command(command, {
      args: [...args],
      cwd: ROOT,
      env,
      stdin: options.stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.stdin = options.stdin === "piped" ? this.#child.stdin : null;
    this.pid = this.#child.pid;
    const reading = [this.#read(this.#child.stdout), this.#read(this.#child.stderr)];
    this.ended = Promise.all([this.#child.status, ...reading]).then(([{ code, signal }]) => {
      this.#isOver = true;
      for (const check of this.#onOutput) check();
      return { code, signal, output: this.#output };
    });
  }

  static start(spec: MemberSpec, env?: Record<string, string>): MemberProcess {
    return MemberProcess.withFlags(memberFlags(spec), env);
  }

  static withFlags(flags: readonly string[], env?: Record<string, string>): MemberProcess {
    return new MemberProcess(Deno.execPath(), [...taskArguments(), ...flags], env);
  }

  get output(): string {
    return this.#output;
  }

  /** Resolves when the member has printed both lines by which etcd's tools know that it is ready. */
  async ready(): Promise<this> {
    await this.printed(/published \{Name:/);
    await this.printed(/enabled capabilities for version 3\.4/);
    return this;
  }

  /** Resolves when the output matches; rejects when the process ends first. */
  printed(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (done: () => void) => {
        clearTimeout(timer);
        this.#onOutput.delete(check);
        done();
      };
      const fail = (why: string) =>
        finish(() => reject(new Error(`${why} before it printed ${pattern}:\n${this.#output}`)));
      const check = () => {
        if (pattern.test(this.#output)) finish(resolve);
        else if (this.#isOver) fail("the member ended");
      };
      const timer = setTimeout(() => fail(`${PATIENCE_MS} ms passed`), PATIENCE_MS);
      this.#onOutput.add(check);
      check();
    });
  }

  /** Sends the signal and waits for the end. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<Ended> {
    if (!this.#isOver) {
      try {
        this.#child.kill(signal);
      } catch (error) {
        // It ended by itself between the question and the signal.
        if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return await this.ended;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#output += text;
      for (const check of [...this.#onOutput]) check();
    }
  }
}

/** A cluster of infra1 to infraN, each with its data under one temporary directory. */
export class TestCluster {
  readonly specs: MemberSpec[];
  readonly processes: (MemberProcess | null)[];
  readonly #root: string;

  private constructor(specs: MemberSpec[], root: string) {
    this.specs = specs;
    this.processes = specs.map(() => null);
    this.#root = root;
  }

  /**
   * @param ports of the clients and the peers, one pair for each member.
   * @param extra further flags for every member.
   */
  static async start(
    ports: readonly (readonly [client: number, peer: number])[],
    options: { token?: string; extra?: readonly string[] } = {},
  ): Promise<TestCluster> {
    const root = Deno.makeTempDirSync({ prefix: "flotilla-tcp-" });
    const { token = "etcd-cluster-1", extra = [] } = options;
    const initialCluster = ports.map(([, peer], i) => `infra${i + 1}=http://127.0.0.1:${peer}`).reverse()
      .join(",");
    const specs = ports.map(([clientPort, peerPort], i): MemberSpec => ({
      name: `infra${i + 1}`,
      clientPort,
      peerPort,
      dataDir: `${root}/infra${i + 1}`,
      initialCluster,
      token,
      state: "new",
      extra,
    }));
    const cluster = new TestCluster(specs, root);
    try {
      specs.forEach((_, at) => cluster.launch(at));
      await Promise.all(cluster.processes.map((process) => process!.ready()));
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
    return cluster;
  }

  /** Where this cluster keeps its files; gone after `dispose`. */
  get root(): string {
    return this.#root;
  }

  get endpoints(): string[] {
    return this.specs.map((_, at) => this.endpoint(at));
  }

  endpoint(at: number): string {
    return `127.0.0.1:${this.specs[at]!.clientPort}`;
  }

  launch(at: number): MemberProcess {
    return this.processes[at] = MemberProcess.start(this.specs[at]!);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.processes.map((process) => process?.kill()));
    Deno.removeSync(this.#root, { recursive: true });
  }
}

/** Runs `body` with a cluster that is gone afterwards, whatever happens. */
export async function withCluster(
  ports: readonly (readonly [client: number, peer: number])[],
  options: { token?: string; extra?: readonly string[] },
  body: (cluster: TestCluster) => Promise<void>,
): Promise<void> {
  const cluster = await TestCluster.start(ports, options);
  try {
    await body(cluster);
  } finally {
    await cluster.dispose();
  }
}

export async function withClient<T>(endpoint: string, body: (client: GrpcClient) => Promise<T>): Promise<T> {
  const client = new GrpcClient(endpoint);
  try {
    return await body(client);
  } finally {
    client.close();
  }
}

/** Asks again and again until the answer is not null; a refused connection counts as null. */
export async function eventually<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let trouble: unknown = null;;) {
    const answer = await ask().catch((error) => {
      trouble = error;
      return null;
    });
    if (answer !== null) return answer;
    assert(performance.now() < deadline, `${what}: not within ${PATIENCE_MS} ms; last trouble: ${trouble}`);
    await new Promise<void>((turn) => setTimeout(turn, 20));
  }
}

/** N pairs of free ports below the range that the system hands out by itself. */
export function freePorts(count: number): [number, number][] {
  const ports: number[] = [];
  for (let port = 23_000 + Math.floor(Math.random() * 8_000); ports.length < 2 * count; port++) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      ports.push(port);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  return Array.from({ length: count }, (_, i) => [ports[2 * i]!, ports[2 * i + 1]!]);
}
