// A real etcd of one member on loopback, with its JSON gateway to fill it quickly, and etcdctl beside it. Where they are
// missing, tests are skipped with a line that says so; under CI they fail.

import assert from "node:assert/strict";
import type { DiskImage } from "../../../core/base/disk.ts";

const isCi = Deno.env.get("CI") === "true";

/** A test that needs etcd and etcdctl. */
export function etcdTest(name: string, run: (directory: string) => Promise<void>): void {
  const isHere = ["etcd", "etcdctl"].every(isInstalled);
  if (!isHere && !isCi) console.log(`skipped, for lack of etcd or etcdctl: ${name}`);
  Deno.test({
    name,
    ignore: !isHere && !isCi,
    async fn() {
      const directory = await Deno.makeTempDir({ prefix: "flotilla-backend-" });
      try {
        await run(directory);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

function isInstalled(command: string): boolean {
  try {
    new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What a command prints; it must succeed. */
export async function output(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { ETCDCTL_API: "3" },
    stdin: "null",
  }).output();
  assert.equal(code, 0, `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Two ports that were free a moment ago. */
function sparePorts(): [number, number] {
  const listeners = [0, 1].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map((listener) => (listener.addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports as [number, number];
}

export class RealEtcd implements AsyncDisposable {
  readonly name: string;
  readonly dataDir: string;
  readonly peerUrl: string;
  readonly #endpoint: string;
  readonly #clientUrl: string;
  #child: Deno.ChildProcess | null = null;
  #reading: Promise<void> | null = null;

  constructor(name: string, dataDir: string) {
    const [clientPort, peerPort] = sparePorts();
    this.name = name;
    this.dataDir = dataDir;
    this.peerUrl = `http://127.0.0.1:${peerPort}`;
    this.#endpoint = `127.0.0.1:${clientPort}`;
    this.#clientUrl = `http://${this.#endpoint}`;
  }

  /** "127.0.0.1:2379" */
  get endpoint(): string {
    return this.#endpoint;
  }

  get initialCluster(): string {
    return `${this.name}=${this.peerUrl}`;
  }

  async start(...extra: readonly string[]): Promise<this> {
    // deno-fmt-ignore
    this.#child = new Deno.Command("etcd", {
      args: [
        "--name", this.name, "--data-dir", this.dataDir,
        "--listen-client-urls", this.#clientUrl, "--advertise-client-urls", this.#clientUrl,
        "--listen-peer-urls", this.peerUrl, "--initial-advertise-peer-urls", this.peerUrl,
        "--initial-cluster", this.initialCluster, ...extra,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const ready = Promise.withResolvers<void>();
    this.#reading = read(this.#child.stderr, (text) => {
      if (text.includes("serving insecure client requests")) ready.resolve();
    }).then((text) => ready.reject(new Error(`etcd ended: ${text.slice(-2000)}`)));
    await ready.promise;
    return this;
  }

  /** Ends it as a crash would. Idempotent. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    child.kill("SIGKILL");
    await Promise.all([child.status, this.#reading]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  ctl(...args: readonly string[]): Promise<string> {
    return output("etcdctl", "--endpoints", this.#endpoint, ...args);
  }

  /** One call through the JSON gateway. */
  async call(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.#clientUrl}/v3/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    assert.equal(response.status, 200, `${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** etcd's hash of its keys up to a revision, 0 for now. */
  async hashKv(revision = 0): Promise<{ readonly hash: number; readonly compactRevision: number }> {
    const text = await this.ctl("endpoint", "hashkv", `--rev=${revision}`, "-w", "json");
    const [{ HashKV }] = JSON.parse(text) as [{ HashKV: { hash: number; compact_revision?: number } }];
    return { hash: HashKV.hash, compactRevision: HashKV.compact_revision ?? 0 };
  }
}

/** Reads to the end, telling about all text so far with each piece. */
async function read(stream: ReadableStream<Uint8Array>, onText: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of stream) {
    text += decoder.decode(piece, { stream: true });
    onText(text);
  }
  return text;
}

/** The files of a data directory, as a host reads them. */
export async function imageOf(dataDir: string): Promise<DiskImage> {
  const image = new Map<string, Uint8Array>();
  for (const folder of ["wal", "snap"]) {
    for await (const { name, isFile } of Deno.readDir(`${dataDir}/member/${folder}`)) {
      if (isFile) image.set(`${folder}/${name}`, await Deno.readFile(`${dataDir}/member/${folder}/${name}`));
    }
  }
  return image;
}
